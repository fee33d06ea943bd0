import { createDoor, type Door, type DoorOptions, type HubError, type LogFields } from '#kit'
import { type FakeClock, fakeClock } from '../support/fake-clock.ts'

export const BASE = 'https://api.vendor.test'

/** What the vendor does with one request: a prepared answer, an error of the network, or anything that a function does. */
export type Reaction =
  | Response
  | Error
  | ((request: Request, signal: AbortSignal) => Promise<Response> | Response)

export interface Sent {
  method: string
  url: string
  headers: Headers
  body: string
  signal: AbortSignal
}

export interface Bench {
  door: Door
  clock: FakeClock
  sent: Sent[]
  logged: { level: string; message: string; fields: LogFields | undefined }[]
}

/** A door to a vendor that reacts as listed; the last reaction repeats. */
export function bench(
  reactions: Reaction | Reaction[],
  options: Partial<Omit<DoorOptions, 'clock'>> & { clock?: FakeClock } = {},
): Bench {
  const list = Array.isArray(reactions) ? [...reactions] : [reactions]
  const clock = options.clock ?? fakeClock({ waiting: 'at once' })
  const sent: Sent[] = []
  const logged: Bench['logged'] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = input as Request
    const signal = init?.signal ?? request.signal
    const { method, url, headers } = request
    sent.push({ method, url, headers: new Headers(headers), body: await request.clone().text(), signal })
    const reaction = (list.length > 1 ? list.shift() : list[0])!
    if (reaction instanceof Error) throw reaction
    return typeof reaction === 'function' ? await reaction(request, signal) : reaction.clone()
  }
  const door = createDoor({
    connection: 'vendor',
    baseUrl: BASE,
    fetch,
    log: recordingLog(logged),
    random: () => 0.5,
    ...options,
    clock,
  })
  return { door, clock, sent, logged }
}

function recordingLog(logged: Bench['logged']): DoorOptions['log'] {
  const at = (level: string) => (message: string, fields?: LogFields) => {
    logged.push({ level, message, fields })
  }
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log }
  return log
}

export const json = (value: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(value), {
    ...init,
    headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
  })

export const status = (code: number, headers: Record<string, string> = {}, body: BodyInit = ''): Response =>
  new Response(code === 204 ? null : body, { status: code, headers })

/** What undici throws when a connection cannot be made. */
export const networkDown = (): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) })

/** A body whose connection is lost after the first bytes. */
export function torn(code = 200): Response {
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"half":'))
      controller.error(new TypeError('terminated'))
    },
  })
  return new Response(stream, { status: code })
}

/** Never answers, as real `fetch` does: ends only by its signal. */
export const hanging = (_request: Request, signal: AbortSignal): Promise<Response> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/** Never answers and does not heed its signal. */
export const deaf = (): Promise<Response> => new Promise(() => {})

export async function failureOf(promise: Promise<unknown>): Promise<HubError> {
  try {
    await promise
  } catch (error) {
    return error as HubError
  }
  throw new Error('expected a failure')
}
