import { HubError } from '#kit'
import { connector, enricher as sound, soundSubject } from './sound.ts'
import type { Broken } from './types.ts'

const withEnricher = (change: Partial<typeof sound>) =>
  soundSubject({ connector: { ...connector, enricher: { ...sound, ...change } } })

/** Takes errors of these kinds for "nothing is known". */
const missFor = (isMiss: (error: HubError) => boolean) =>
  withEnricher({
    enrich: (ctx, question) =>
      sound.enrich(ctx, question).catch((error) => {
        if (error instanceof HubError && isMiss(error)) return { status: 'miss', cost: 0 }
        throw error
      }),
  })

export const enricher: Broken[] = [
  {
    fault: 'answers otherwise than a person has reviewed',
    fails: 'answers as expected',
    make: () =>
      withEnricher({
        async enrich(ctx, question) {
          const answer = await sound.enrich(ctx, question)
          return { ...answer, cost: 7 }
        },
      }),
  },
  {
    fault: 'fills a field that it does not declare',
    fails: 'fills only fields that it declares',
    make: () => withEnricher({ fields: { account: ['name'] } }),
  },
  {
    fault: 'takes an outage for a miss',
    fails: 'tells an outage from a miss',
    make: () => missFor(({ code }) => code === 'http.network' || code === 'http.server_error'),
  },
  {
    fault: 'takes a refusal for a miss',
    fails: 'tells refused credentials from a miss',
    make: () => missFor(({ kind }) => kind === 'auth'),
  },
  {
    fault: 'takes a busy vendor for a miss',
    fails: 'tells a rate limit from a miss',
    make: () => missFor(({ kind }) => kind === 'rate_limit'),
  },
  {
    fault: 'waits for an answer however long it takes',
    fails: 'does not wait for ever',
    make: () => missFor(({ code }) => code === 'http.timeout'),
  },
  {
    fault: 'asks who works at gmail.com',
    fails: 'does not ask about free mail domains',
    make: () => withEnricher({ answers: ({ kind }) => kind === 'account' }),
  },
  {
    fault: 'asks again where somebody writes in capitals',
    fails: 'asks the same question once',
    make: () => withEnricher({ cacheKey: ({ domain }) => domain ?? '' }),
  },
]
