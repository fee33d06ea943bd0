import {
  type Kept,
  keep,
  openSession,
  rawRecords,
  readWell,
  refuseUnknown,
  type Subject,
  streamOf,
  throughJson,
} from '../subject.ts'

/** What a delivery of the fixtures leads to, as the engine would keep it. */
export async function recordsOfDeliveries(subject: Subject, name: string): Promise<unknown[]> {
  const { connector, fixtures } = subject
  const stream = streamOf(subject, name)
  const raw: unknown[] = []
  for (const delivery of fixtures.webhooks?.deliveries ?? []) {
    const session = openSession(subject)
    const received = connector.webhook!.receive({
      headers: delivery.headers,
      body: delivery.body,
      receivedAt: delivery.at,
      config: session.ctx.config,
    })
    for (const { stream: to, record } of received.records ?? [])
      if (to === name) raw.push(throughJson(record))
    const keys = (received.refetch ?? []).flatMap((hint) => (hint.stream === name ? [hint.key] : []))
    if (keys.length === 0 || !stream.fetch) continue
    raw.push(...throughJson(await stream.fetch(session.ctx, keys).finally(() => refuseUnknown(session))))
  }
  return raw
}

/** Raw records of pages and of `records`, as often as they come. */
export async function listedRecords(subject: Subject, name: string): Promise<unknown[]> {
  const pulled = streamOf(subject, name).pull ? rawRecords(await readWell(subject, name)) : []
  return [...pulled, ...(subject.fixtures.streams[name]?.records ?? [])]
}

const known = new WeakMap<Subject, Map<string, Promise<unknown[]>>>()

/** Every raw record of a stream that the fixtures bring by any way; of equal ones, one. Found once. */
export function knownRecords(subject: Subject, name: string): Promise<unknown[]> {
  const streams = known.get(subject) ?? new Map<string, Promise<unknown[]>>()
  known.set(subject, streams)
  const records = streams.get(name) ?? findRecords(subject, name)
  streams.set(name, records)
  return records
}

async function findRecords(subject: Subject, name: string): Promise<unknown[]> {
  const all = [...(await listedRecords(subject, name)), ...(await recordsOfDeliveries(subject, name))]
  return [...new Map(all.map((raw) => [JSON.stringify(raw), raw])).values()]
}

/** Those that parse. */
export async function knownKept(subject: Subject, name: string): Promise<Kept[]> {
  const stream = streamOf(subject, name)
  return (await knownRecords(subject, name)).flatMap((raw) => keep(stream, raw) ?? [])
}
