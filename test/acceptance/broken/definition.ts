import * as z from 'zod'
import { secret } from '#kit'
import { connector, README, soundSubject } from './sound.ts'
import type { Broken } from './types.ts'

const config = (more: z.ZodRawShape) => ({ ...connector, config: connector.config.extend(more) })

export const definition: Broken[] = [
  {
    fault: 'has another name than its folder',
    fails: 'is named like its folder',
    make: () => soundSubject({ folder: 'silence' }),
  },
  {
    fault: 'does not say how to get credentials',
    fails: 'explains itself in its README',
    make: () => soundSubject({ readme: README.replace('## Auth', '## Other') }),
  },
  {
    fault: 'has a secret that is not marked',
    fails: 'describes its configuration and marks its secrets',
    make: () =>
      soundSubject({ connector: config({ refreshToken: z.string().optional().describe('Refresh token') }) }),
  },
  {
    fault: 'has a field without description',
    fails: 'describes its configuration and marks its secrets',
    make: () => soundSubject({ connector: config({ region: z.string().optional() }) }),
  },
  {
    fault: 'needs a field that its fixtures do not give',
    fails: 'takes its fixtures’ configuration',
    make: () =>
      soundSubject({
        files: (files) => Object.assign(files['connection.json'].config, { colour: 'red' }),
      }),
  },
  {
    fault: 'is large without a reason',
    fails: 'keeps to the budget of the recipe',
    make: () => soundSubject({ code: { 'index.ts': 'x\n'.repeat(281) } }),
  },
  {
    fault: 'has too many files without a reason',
    fails: 'keeps to the budget of the recipe',
    make: () =>
      soundSubject({
        code: Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.ts`, '\n'])),
      }),
  },
  {
    fault: 'is small and still has an excuse',
    fails: 'keeps to the budget of the recipe',
    make: () =>
      soundSubject({
        decisions:
          "## 1. Beyond the recipe's budget\n\n- `sound`: it once was larger than the recipe allows\n",
      }),
  },
  {
    fault: 'has fixtures of a stream that does not exist',
    fails: 'has fixtures for what it defines, and no others',
    make: () => soundSubject({ files: (files) => Object.assign(files, { 'deals.json': {} }) }),
  },
  {
    fault: 'has a real person’s address in its fixtures',
    fails: 'invents its people and secrets',
    make: () =>
      soundSubject({
        files: (files) => {
          files['enricher.json'].questions[2] = {
            title: 'a person',
            question: { kind: 'person', email: 'jane@a-real-company.com' },
            expect: 'not asked',
          }
        },
      }),
  },
  {
    fault: 'has a check that its own vendor fails',
    fails: 'check passes',
    make: () =>
      soundSubject({
        connector: {
          ...connector,
          async check({ http }) {
            await http.request({ url: '/v1/me', schema: z.looseObject({ id: z.number() }) })
          },
        },
      }),
  },
  {
    fault: 'takes refused credentials for good ones',
    fails: 'check tells refused credentials',
    make: () =>
      soundSubject({
        connector: {
          ...connector,
          async check({ http }) {
            await http.request({ url: '/v1/me', accept: [401] })
          },
        },
      }),
  },
  {
    fault: 'says nothing when it cannot reach the vendor',
    fails: 'check tells an outage',
    make: () =>
      soundSubject({
        connector: {
          ...connector,
          async check({ http }) {
            await http.request({ url: '/v1/me' }).catch((error) => {
              if (error.kind !== 'transient') throw error
            })
          },
        },
      }),
  },
  {
    fault: 'has an exchange that nothing asks for',
    fails: 'uses every exchange of its fixtures',
    make: () =>
      soundSubject({
        files: (files) =>
          files['contacts.json'].exchanges.push({ request: { path: '/v1/deals' }, response: { body: {} } }),
      }),
  },
  {
    fault: 'takes a secret that it never marks, by its auth',
    fails: 'describes its configuration and marks its secrets',
    make: () =>
      soundSubject({
        connector: {
          ...connector,
          config: z.object({
            apiKey: z.string().describe('Key of the account'),
            hookSecret: secret().describe('Secret of the webhook'),
          }),
        },
      }),
  },
]
