import * as z from 'zod'

const Json = z.unknown()

export const VendorRequest = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).default('GET'),
  path: z.string().regex(/^(\/|https:\/\/)[^?#]*$/, 'is a path or an https URL, without query'),
  query: z.record(z.string(), z.union([z.string(), z.null(), z.array(z.string())])).default({}),
  body: Json.optional(),
})

export const VendorResponse = z.strictObject({
  status: z.int().min(200).max(599).default(200),
  headers: z.record(z.string(), z.string()).default({}),
  body: Json.optional(),
})
export type VendorResponse = z.infer<typeof VendorResponse>

const Exchange = z.strictObject({
  repeat: z.int().min(1).max(1000).optional(),
  request: VendorRequest,
  response: VendorResponse,
})
export interface Exchange {
  request: z.infer<typeof VendorRequest>
  response: VendorResponse
}
const Exchanges = z
  .array(Exchange)
  .default([])
  .transform((list): Exchange[] => list.flatMap(expandExchange))

export const ConnectionFile = z.strictObject({
  now: z.iso.datetime().transform((text) => Date.parse(text)),
  config: z.record(z.string(), z.unknown()),
  baseUrl: z.url().optional(),
  refused: VendorResponse.prefault({ status: 401, body: {} }),
  exchanges: Exchanges,
})
export type ConnectionFile = z.infer<typeof ConnectionFile>

export const StreamFile = z.strictObject({ exchanges: Exchanges, records: z.array(z.unknown()).default([]) })
export type StreamFile = z.infer<typeof StreamFile>

export const ExpectedFile = z.record(z.string(), z.array(z.record(z.string(), z.unknown())))
export type ExpectedFile = z.infer<typeof ExpectedFile>

const Named = z.array(z.strictObject({ stream: z.string(), key: z.string() })).default([])

export const SIGNED = ['body', 'time', 'url', 'token'] as const

export const WebhooksFile = z.strictObject({
  signed: z.union([z.array(z.enum(SIGNED)).min(1), z.literal('never')]),
  deliveries: z
    .array(
      z.strictObject({
        title: z.string().min(1),
        at: z.iso.datetime().transform((text) => Date.parse(text)),
        url: z.url(),
        headers: z.record(z.string(), z.string()),
        body: z.string(),
        expect: z.strictObject({ records: Named, refetch: Named, deleted: Named }),
      }),
    )
    .min(2),
})
export type WebhooksFile = z.infer<typeof WebhooksFile>
export type Delivery = WebhooksFile['deliveries'][number]

const Question = z.strictObject({
  kind: z.enum(['person', 'account']),
  email: z.string().optional(),
  domain: z.string().optional(),
  name: z.string().optional(),
  country: z.string().optional(),
  phone: z.string().optional(),
})

export const EnricherFile = z.strictObject({
  exchanges: Exchanges,
  questions: z.array(
    z.strictObject({
      title: z.string().min(1),
      question: Question,
      expect: z.union([
        z.literal('not asked'),
        z.strictObject({ status: z.literal('miss'), cost: z.number().optional() }),
        z.strictObject({
          status: z.literal('hit'),
          fields: z.record(z.string(), z.record(z.string(), z.unknown())),
          cost: z.number().optional(),
        }),
      ]),
    }),
  ),
})
export type EnricherFile = z.infer<typeof EnricherFile>

const Fields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))

export const DestinationFile = z.strictObject({
  object: z.string(),
  fields: Fields,
  changed: Fields,
  refused: Fields,
})
export type DestinationFile = z.infer<typeof DestinationFile>

/** The fixtures of one connector, by what they are of. */
export interface Fixtures {
  connection: ConnectionFile
  streams: Record<string, StreamFile>
  expected: Record<string, ExpectedFile>
  webhooks?: WebhooksFile
  enricher?: EnricherFile
  destination?: DestinationFile
}

/** Fixtures from files by name ("invoices.json"). Throws with the file's name where one has not the documented shape. */
export function readFixtures(files: Record<string, unknown>): Fixtures {
  const fixtures: Partial<Fixtures> & Pick<Fixtures, 'streams' | 'expected'> = { streams: {}, expected: {} }
  for (const [file, content] of Object.entries(files)) {
    const name = file.replace(/\.json$/, '')
    const read = <T>(schema: z.ZodType<T>): T => {
      const parsed = schema.safeParse(content)
      if (parsed.success) return parsed.data
      throw new Error(`fixtures/${file} has not the documented shape:\n${z.prettifyError(parsed.error)}`)
    }
    if (name === 'connection') fixtures.connection = read(ConnectionFile)
    else if (name === 'webhooks') fixtures.webhooks = read(WebhooksFile)
    else if (name === 'enricher') fixtures.enricher = read(EnricherFile)
    else if (name === 'destination') fixtures.destination = read(DestinationFile)
    else if (name.endsWith('.expected'))
      fixtures.expected[name.slice(0, -'.expected'.length)] = read(ExpectedFile)
    else fixtures.streams[name] = read(StreamFile)
  }
  if (!fixtures.connection) throw new Error('fixtures/connection.json is missing')
  return fixtures as Fixtures
}

/** Every exchange of a connector: any of them may answer any of its requests. */
export const allExchanges = ({ connection, streams, enricher }: Fixtures): Exchange[] => [
  ...connection.exchanges,
  ...Object.values(streams).flatMap(({ exchanges }) => exchanges),
  ...(enricher?.exchanges ?? []),
]

function expandExchange({ repeat, ...exchange }: z.infer<typeof Exchange>): Exchange[] {
  const copies = repeat === undefined ? [exchange] : numbered(repeat, exchange)
  return copies.map(({ request, response }) => ({
    request,
    response: { ...response, ...('body' in response ? { body: expandArrays(response.body) } : {}) },
  }))
}

/** `{ "repeat": 98, "item": … }` in an array → 98 elements. */
function expandArrays(value: unknown): unknown {
  if (Array.isArray(value)) return value.flatMap((item) => expandItem(expandArrays(item)))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, expandArrays(part)]))
}

const RepeatedItem = z.strictObject({ repeat: z.int().min(1).max(10_000), item: z.unknown() })

function expandItem(item: unknown): unknown[] {
  const repeated = RepeatedItem.safeParse(item)
  return repeated.success ? numbered(repeated.data.repeat, repeated.data.item) : [item]
}

export const numbered = <T>(count: number, template: T): T[] =>
  Array.from({ length: count }, (_, i) => withNumber(template, i + 1))

/** `{n}` in every text replaced. */
export const withNumber = <T>(template: T, n: number): T =>
  JSON.parse(JSON.stringify(template).replaceAll('{n}', String(n)))
