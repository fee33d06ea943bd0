import {
  type Kept,
  keep,
  keptRecords,
  openSession,
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

/** Every raw record of a stream that the fixtures bring by any way; of equal ones, one. */
export async function knownRecords(subject: Subject, name: string): Promise<unknown[]> {
  const stream = streamOf(subject, name)
  const pulled = stream.pull
    ? [...keptRecords(stream, await readWell(subject, name)).values()].map(({ raw }) => raw)
    : []
  const all = [
    ...pulled,
    ...(await recordsOfDeliveries(subject, name)),
    ...(subject.fixtures.streams[name]?.records ?? []),
  ]
  const unique = new Map(all.map((raw) => [JSON.stringify(raw), raw]))
  return [...unique.values()]
}

/** The same, parsed. */
export async function knownKept(subject: Subject, name: string): Promise<Kept[]> {
  const stream = streamOf(subject, name)
  return (await knownRecords(subject, name)).flatMap((raw) => keep(stream, raw) ?? [])
}
