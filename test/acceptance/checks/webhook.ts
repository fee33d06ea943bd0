import { expect } from 'vitest'
import { AuthError, HubError, RecordError, SignatureError } from '#kit'
import type { Delivery, SIGNED, WebhooksFile } from '../fixtures.ts'
import {
  type Check,
  configOf,
  keep,
  keptRecords,
  mapped,
  openSession,
  readWell,
  refuseUnknown,
  type Subject,
  streamOf,
  throughJson,
} from '../subject.ts'
import { failureOf } from './failure.ts'

const MONTH_MS = 30 * 86_400_000
/** Headers in which a sender proves itself. */
const PROOF = /signature|timestamp|token|secret|authorization/i

const GARBAGE = [
  '',
  'null',
  '[]',
  '{}',
  '""',
  'true',
  '[null]',
  '[[]]',
  '{"event":null}',
  '{"data":{}}',
  'not JSON',
]

type Names = { stream: string; key: string }[]

export function webhookChecks(subject: Subject): Check[] {
  const { connector, fixtures } = subject
  const { webhooks } = fixtures
  if (!connector.webhook || !webhooks) return []
  const { deliveries, signed } = webhooks
  const check = (name: string, run: () => Promise<void>): Check => ({ name, title: name, run })
  const isSigned = signed !== 'never'

  return [
    check('takes good deliveries as expected', async () => {
      for (const delivery of deliveries) {
        if (isSigned) await verify(subject, delivery)
        else expect(await refusal(subject, delivery)).toBeInstanceOf(SignatureError)
        const { expect: expected, title } = delivery
        expect(named(subject, receive(subject, delivery)), title).toEqual(expected)
      }
    }),
    check('refuses what was altered', async () => {
      if (signed !== 'never')
        for (const delivery of deliveries) await expectRefusals(subject, delivery, signed)
    }),
    check('refuses what is stale', async () => {
      for (const delivery of isSigned ? deliveries : []) {
        const late = { ...delivery, at: delivery.at + MONTH_MS }
        const place = `${delivery.title}: a month later`
        if (signed.includes('time')) {
          const error = await refusal(subject, late)
          expect(error, place).toBeInstanceOf(SignatureError)
          expect((error as SignatureError).code, place).toBe('webhook.timestamp_stale')
        } else await expect(verify(subject, late), `${place}, which is not signed`).resolves.toBeUndefined()
      }
    }),
    check('knows nothing of unknown events', async () => {
      // Records that mean nothing are kept, so that they can be read anew once somebody knows what they say.
      const saysNothing = ({ stream, key }: Names[number]) => fixtures.expected[stream]?.[key]?.length === 0
      const unknown = deliveries.filter(
        ({ expect: { records, refetch, deleted } }) =>
          refetch.length + deleted.length === 0 && records.every(saysNothing),
      )
      expect(unknown.length, 'the fixtures have a delivery of an unknown event').toBeGreaterThan(0)
    }),
    check('takes a repetition for the same', async () => {
      const ids = new Map<string, string>()
      for (const delivery of deliveries) {
        const [id, again] = [idOf(subject, delivery), idOf(subject, delivery)]
        expect(again).toBe(id)
        expect(receive(subject, delivery)).toEqual(receive(subject, delivery))
        expect(ids.get(id) ?? delivery.title, `deliveries share the id ${id}`).toBe(delivery.title)
        ids.set(id, delivery.title)
      }
    }),
    check('refuses garbage as a record', async () => {
      for (const body of GARBAGE) {
        try {
          named(subject, receive(subject, { ...deliveries[0]!, body }))
        } catch (error) {
          if (!(error instanceof RecordError)) throw new Error(`${body}: ${String(error)}`, { cause: error })
        }
      }
    }),
    check('brings what a pull brings', () => expectEqualWays(subject, webhooks)),
  ]
}

function incoming(delivery: Delivery, config: Record<string, unknown>) {
  return {
    headers: new Headers(delivery.headers),
    body: new TextEncoder().encode(delivery.body),
    url: delivery.url,
    config,
    now: delivery.at,
  }
}

const verify = (subject: Subject, delivery: Delivery, config = configOf(subject)): Promise<void> =>
  subject.connector.webhook!.verify(incoming(delivery, config))

const refusal = (subject: Subject, delivery: Delivery, config = configOf(subject)): Promise<unknown> =>
  failureOf(() => verify(subject, delivery, config))

/** As the engine calls it: with the headers that are kept. */
function receive({ connector, ...rest }: Subject, { headers, body, at }: Delivery) {
  const { keepHeaders = [], receive } = connector.webhook!
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const kept = Object.fromEntries(Object.entries(lower).filter(([name]) => keepHeaders.includes(name)))
  return receive({ headers: kept, body, receivedAt: at, config: configOf({ connector, ...rest }) })
}

function idOf({ connector }: Subject, { headers, body }: Delivery): string {
  return connector.webhook!.deliveryId?.({ headers: new Headers(headers), body }) ?? `body ${body}`
}

function named(subject: Subject, received: ReturnType<typeof receive>): Record<string, Names> {
  const { records = [], refetch = [], deleted = [] } = received
  const keyOf = (stream: string, record: unknown) => {
    const known = subject.connector.streams?.[stream]
    if (!known) throw new Error(`the webhook names a stream that does not exist: ${stream}`)
    return keep(streamOf(subject, stream), throughJson(record))?.key ?? 'unreadable'
  }
  for (const { stream } of refetch)
    expect(
      subject.connector.streams?.[stream]?.fetch,
      `${stream} is to be fetched but cannot be`,
    ).toBeDefined()
  return {
    records: records.map(({ stream, record }) => ({ stream, key: keyOf(stream, record) })),
    refetch: refetch.map(({ stream, key }) => ({ stream, key })),
    deleted: deleted.map(({ stream, key }) => ({ stream, key })),
  }
}

/** What the signature covers must be refused once altered; what it does not cover must not be said to be covered. */
async function expectRefusals(
  subject: Subject,
  delivery: Delivery,
  signed: (typeof SIGNED)[number][],
): Promise<void> {
  const { body, url, headers, title } = delivery
  const token = signed.includes('token') ? tokenIn(subject, body) : undefined
  const altered = {
    body: { ...delivery, body: alter(body) },
    url: { ...delivery, url: alterUrl(url) },
    token: { ...delivery, body: token === undefined ? body : body.replaceAll(token, alter(token)) },
  }
  for (const what of token === undefined ? (['body', 'url'] as const) : (['token', 'url'] as const)) {
    const place = `${title}: altered ${what}`
    if (signed.includes(what))
      expect(await refusal(subject, altered[what]), place).toBeInstanceOf(SignatureError)
    else
      await expect(verify(subject, altered[what]), `${place}, which is not signed`).resolves.toBeUndefined()
  }
  for (const [name, value] of Object.entries(headers).filter(([header]) => PROOF.test(header))) {
    const { [name]: _, ...others } = headers
    for (const rest of [others, { ...others, [name]: alter(value) }])
      expect(
        await refusal(subject, { ...delivery, headers: rest }),
        `${title}: altered ${name}`,
      ).toBeInstanceOf(SignatureError)
  }
  await expectSecret(subject, delivery)
}

/** A signature that anybody can compute is none: some text of the configuration must matter. */
async function expectSecret(subject: Subject, delivery: Delivery): Promise<void> {
  const config = configOf(subject)
  const deciding: string[] = []
  for (const [field, value] of Object.entries(config)) {
    if (typeof value !== 'string') continue
    const other = { ...config, [field]: alter(value) }
    if (!subject.connector.config.safeParse(other).success) continue
    const accepted = await verify(subject, delivery, other).then(
      () => true,
      () => false,
    )
    if (!accepted) deciding.push(field)
  }
  expect(deciding.length, 'any configuration accepts this delivery').toBeGreaterThan(0)
  for (const field of deciding) {
    const { [field]: _, ...without } = config
    if (!subject.connector.config.safeParse(without).success) continue
    const error = await refusal(subject, delivery, subject.connector.config.parse(without))
    expect(error instanceof AuthError || error instanceof HubError, `accepted without ${field}`).toBe(true)
  }
}

/** The secret that the body carries where the vendor signs nothing. */
function tokenIn(subject: Subject, body: string): string {
  const texts = Object.values(configOf(subject)).filter((value) => typeof value === 'string')
  const token = texts.find((text) => text.length >= 8 && body.includes(text))
  if (token === undefined) throw new Error('"signed" has a token, but the body holds no secret of the config')
  return token
}

/** Another character in the middle: the ends of encoded texts may not count. */
function alter(text: string): string {
  const middle = Math.floor(text.length / 2)
  return text.slice(0, middle) + (text[middle] === 'a' ? 'b' : 'a') + text.slice(middle + 1)
}

function alterUrl(text: string): string {
  const url = new URL(text)
  for (const [name, value] of [...url.searchParams]) url.searchParams.set(name, alter(value))
  url.pathname += '-altered'
  return url.href
}

/** A record is the same whether a page or a delivery brought it. */
async function expectEqualWays(subject: Subject, { deliveries }: WebhooksFile): Promise<void> {
  for (const [name, stream] of Object.entries(subject.connector.streams ?? {})) {
    if (!stream.pull) continue
    const told = deliveries.filter(({ expect: { records, refetch } }) =>
      [...records, ...refetch].some((names) => names.stream === name),
    )
    if (told.length === 0) continue
    const pulled = keptRecords(stream, await readWell(subject, name))
    let both = 0
    for (const delivery of told) {
      for (const raw of await bring(subject, name, delivery)) {
        const { key } = keep(stream, raw) ?? {}
        const twin = key === undefined ? undefined : pulled.get(key)
        if (!twin) continue
        both++
        expect(mapped(subject, name, raw), `${delivery.title}: ${name} ${key}`).toEqual(
          mapped(subject, name, twin.raw),
        )
      }
    }
    expect(both, `no delivery tells of a record of ${name} that a page brings`).toBeGreaterThan(0)
  }
}

async function bring(subject: Subject, name: string, delivery: Delivery): Promise<unknown[]> {
  const received = receive(subject, delivery)
  const session = openSession(subject)
  const own = (received.records ?? []).flatMap(({ stream, record }) => (stream === name ? [record] : []))
  const keys = (received.refetch ?? []).flatMap(({ stream, key }) => (stream === name ? [key] : []))
  if (keys.length === 0) return throughJson(own)
  const fetched = await streamOf(subject, name).fetch!(session.ctx, keys).finally(() =>
    refuseUnknown(session),
  )
  return throughJson([...own, ...fetched])
}
