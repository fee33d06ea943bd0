import * as z from 'zod'
import {
  type AnyConnector,
  defineConnector,
  defineEnricher,
  equalText,
  hmac,
  incremental,
  type PageRequest,
  type PageResult,
  type ReceivedDelivery,
  RecordError,
  secret,
  signatureInvalid,
  signatureMissing,
  streamsOf,
  timestampStale,
  toHex,
} from '#kit'
import { type Contribution, email, parseInstant } from '#model'
import { readFixtures } from '../fixtures.ts'
import type { Subject } from '../subject.ts'

/** A connector without fault, from which each broken one differs in one thing. */
const config = z.object({
  apiKey: secret().describe('Key of the account'),
  hookSecret: secret().describe('Secret of the webhook'),
})
export type Config = z.output<typeof config>

export const Contact = z.looseObject({
  id: z.string().min(1),
  email: z.string().min(3),
  status: z.string(),
  updated: z.string(),
  company: z.looseObject({ name: z.string().nullish() }).nullish(),
  tags: z.array(z.string()).nullish(),
})
export type Contact = z.infer<typeof Contact>

const ContactPage = z.looseObject({ data: z.array(z.unknown()), next: z.string().nullish() })

export async function page(request: PageRequest<Config>): Promise<PageResult> {
  const { data } = await request.http.request({
    url: '/v1/contacts',
    query: { page: request.token ?? '1', since: request.since },
    schema: ContactPage,
    signal: request.signal,
  })
  return { records: data.data, next: data.next ?? undefined }
}

export function map(contact: Contact): Contribution[] {
  const observed = parseInstant(contact.updated)
  if (observed === undefined)
    throw new RecordError('record.invalid', `updated is no date: ${contact.updated}`)
  return [
    {
      type: 'person',
      identifiers: [email(contact.email)],
      attributes: {
        email: contact.email,
        ...(contact.company?.name ? { company_name: contact.company.name } : {}),
      },
      observed_at: observed,
    },
  ]
}

export const contacts = streamsOf<Config>()({
  record: Contact,
  key: ({ id }) => id,
  updatedAt: ({ updated }) => parseInstant(updated),
  lane: 'lead',
  pull: incremental({ lag: '10m', page }),
  async fetch(ctx, keys) {
    const answers = await Promise.all(
      keys.map((key) => ctx.http.request({ url: `/v1/contacts/${key}`, accept: [404], signal: ctx.signal })),
    )
    return answers.filter(({ status }) => status === 200).map(({ data }) => data)
  },
  map,
})

const TOLERANCE_MS = 300_000

export const webhook: NonNullable<AnyConnector['webhook']> = {
  async verify({ headers, body, config, now }) {
    const [at, signature] = [headers.get('x-sound-timestamp'), headers.get('x-sound-signature')]
    if (!at || !signature) throw signatureMissing('x-sound-signature')
    const signed = `${at}.${new TextDecoder().decode(body)}`
    if (!equalText(signature, toHex(await hmac('SHA-256', config.hookSecret, signed))))
      throw signatureInvalid()
    const age = Math.abs(now - Number(at))
    if (!(age <= TOLERANCE_MS)) throw timestampStale(age, TOLERANCE_MS)
  },
  deliveryId: ({ headers }) => headers.get('x-sound-delivery') ?? undefined,
  receive({ body }): ReceivedDelivery {
    const Event = z.looseObject({ type: z.string(), id: z.string().nullish() })
    const event = Event.safeParse(parse(body))
    if (!event.success) throw new RecordError('record.invalid', 'not an event')
    const { type, id } = event.data
    if (id && type === 'contact.changed') return { refetch: [{ stream: 'contacts', key: id }] }
    return id && type === 'contact.deleted' ? { deleted: [{ stream: 'contacts', key: id }] } : {}
  },
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const Company = z.looseObject({ name: z.string(), employees: z.int().nullish() })
const FREE = ['gmail.com', 'outlook.com', 'web.de', 'qq.com', 'yahoo.co.uk']

export const enricher = defineEnricher<Config>({
  method: 'derived',
  answers: ({ kind, domain }) => kind === 'account' && !!domain && !FREE.includes(domain),
  cacheKey: ({ domain }) => (domain ?? '').trim().toLowerCase(),
  fields: { account: ['name', 'employees'] },
  keepDays: { hit: 90, miss: 30 },
  async enrich(ctx, { domain }) {
    const answer = await ctx.http.request({
      url: `/v1/companies/${domain}`,
      accept: [404],
      signal: ctx.signal,
    })
    if (answer.status === 404) return { status: 'miss', cost: 0 }
    const { name, employees } = Company.parse(answer.data)
    const said = { observedAt: ctx.now(), confidence: 0.8 }
    return {
      status: 'hit',
      fields: {
        name: { ...said, value: name },
        ...(employees ? { employees: { ...said, value: employees } } : {}),
      },
      cost: 1,
    }
  },
})

export const connector: AnyConnector = defineConnector({
  name: 'sound',
  title: 'Sound',
  baseUrl: 'https://api.sound.example',
  config,
  auth: { type: 'bearer', token: 'apiKey' },
  async check({ http }) {
    await http.request({ url: '/v1/me', schema: z.looseObject({ id: z.string() }) })
  },
  streams: { contacts },
  webhook,
  enricher,
})

const contact = (n: number, more: object = {}) => ({
  id: `c${n}`,
  email: `person${n}@acme.example`,
  status: 'active',
  updated: `2026-02-0${n}T10:00:00Z`,
  company: { name: 'Acme' },
  tags: ['b', 'a'],
  ...more,
})
export const people = [contact(1), contact(2, { company: null }), contact(3)]

const expectedOf = ({ id, email, updated, company }: ReturnType<typeof contact>) => [
  id,
  [
    {
      type: 'person',
      identifiers: [{ kind: 'email', value: email }],
      attributes: { email, ...(company ? { company_name: company.name } : {}) },
      observed_at: Date.parse(updated),
    },
  ],
]

const AT = '2026-03-02T12:00:00.000Z'
const HOOK_SECRET = 'hook-secret-of-fixtures'

async function delivery(title: string, event: object, expect: object) {
  const body = JSON.stringify(event)
  const at = String(Date.parse(AT))
  return {
    title,
    at: AT,
    url: 'https://hub.example/hooks/sound',
    headers: {
      'x-sound-timestamp': at,
      'x-sound-signature': toHex(await hmac('SHA-256', HOOK_SECRET, `${at}.${body}`)),
      'x-sound-delivery': `delivery ${title}`,
    },
    body,
    expect,
  }
}

/** As the files of a folder. Fresh each time: broken ones change them. */
export async function fixtureFiles() {
  return {
    'connection.json': {
      now: AT,
      config: { apiKey: 'key-of-fixtures', hookSecret: HOOK_SECRET },
      exchanges: [{ request: { path: '/v1/me' }, response: { body: { id: 'me' } } }] as object[],
    },
    'contacts.json': {
      exchanges: [
        {
          request: { path: '/v1/contacts', query: { page: '1' } },
          response: { body: { data: people.slice(0, 2), next: '2' } },
        },
        {
          request: { path: '/v1/contacts', query: { page: '2' } },
          response: { body: { data: people.slice(2), next: null } },
        },
        { request: { path: '/v1/contacts/c1' }, response: { body: people[0] } },
      ] as object[],
    },
    'contacts.expected.json': Object.fromEntries(people.map(expectedOf)) as Record<string, object[]>,
    'webhooks.json': {
      signed: ['body', 'time'],
      deliveries: [
        await delivery(
          'changed',
          { type: 'contact.changed', id: 'c1' },
          { refetch: [{ stream: 'contacts', key: 'c1' }] },
        ),
        await delivery(
          'deleted',
          { type: 'contact.deleted', id: 'c9' },
          { deleted: [{ stream: 'contacts', key: 'c9' }] },
        ),
        await delivery('unknown', { type: 'weather.changed', id: 'w1' }, {}),
      ],
    },
    'enricher.json': {
      exchanges: [
        {
          request: { path: '/v1/companies/acme.example' },
          response: { body: { name: 'Acme', employees: 50 } },
        },
        { request: { path: '/v1/companies/nobody.example' }, response: { status: 404, body: {} } },
      ] as object[],
      questions: [
        {
          title: 'known',
          question: { kind: 'account', domain: 'acme.example' },
          expect: { status: 'hit', fields: { name: { value: 'Acme' }, employees: { value: 50 } }, cost: 1 },
        },
        {
          title: 'unknown',
          question: { kind: 'account', domain: 'nobody.example' },
          expect: { status: 'miss' },
        },
        { title: 'a person', question: { kind: 'person', email: 'a@acme.example' }, expect: 'not asked' },
      ] as object[],
    },
  }
}
export type Files = Awaited<ReturnType<typeof fixtureFiles>>

export const README = '# Sound\n\n## Auth and scopes\n\n## What becomes what\n\n## Quirks\n'

/** The faultless connector, changed. */
export async function soundSubject(
  change: Partial<Omit<Subject, 'fixtures'>> & { files?: (files: Files) => void } = {},
): Promise<Subject> {
  const { files, ...rest } = change
  const content = await fixtureFiles()
  files?.(content)
  return {
    folder: 'sound',
    connector,
    fixtures: readFixtures(content),
    readme: README,
    code: { 'index.ts': 'export default {}\n' },
    decisions: '',
    ...rest,
  }
}
