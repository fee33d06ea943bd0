import type { Hono } from 'hono'

/**
 * A failure that a simulator plays on matching requests.
 * - `answer`: responds without reaching the simulator (429, 503, …)
 * - `lost_before`: the connection breaks before the vendor did anything
 * - `lost_after`: the vendor did its work, then the connection breaks: the classic timeout after commit
 */
export interface Fault {
  kind: 'answer' | 'lost_before' | 'lost_after'
  matches?: (request: Request) => boolean
  /** How many matching requests it hits. Default 1. */
  times?: number
  status?: number
  headers?: Record<string, string>
  body?: unknown
}

/** A stateful simulator of one vendor's API: a Hono app, the hosts it stands for, and its faults. */
export interface Sandbox {
  name: string
  /** Real host names ("api.stripe.com") that tests route here. */
  hosts: string[]
  /** Plays faults, counts, then answers. Rejects with TypeError where a connection is lost. */
  fetch(request: Request): Promise<Response>
  /** Requests seen, by "METHOD /path/pattern"-independent raw count. */
  readonly requests: { method: string; path: string; status: number }[]
  fail(fault: Fault): void
}

export function createSandbox(options: { name: string; hosts: string[]; app: Hono }): Sandbox {
  const faults: Fault[] = []
  const requests: Sandbox['requests'] = []
  const note = (request: Request, status: number) => {
    requests.push({ method: request.method, path: new URL(request.url).pathname, status })
  }
  return {
    name: options.name,
    hosts: options.hosts,
    requests,
    fail(fault) {
      faults.push({ times: 1, ...fault })
    },
    async fetch(request) {
      const fault = faults.find((f) => (f.times ?? 0) > 0 && (f.matches?.(request) ?? true))
      if (fault) fault.times = (fault.times ?? 1) - 1
      if (fault?.kind === 'lost_before') {
        note(request, 0)
        throw new TypeError('fetch failed')
      }
      if (fault?.kind === 'answer') {
        note(request, fault.status ?? 503)
        const body = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {})
        return new Response(body, {
          status: fault.status ?? 503,
          headers: { 'content-type': 'application/json', ...fault.headers },
        })
      }
      const response = await options.app.fetch(request)
      note(request, fault?.kind === 'lost_after' ? 0 : response.status)
      if (fault?.kind === 'lost_after') throw new TypeError('fetch failed')
      return response
    },
  }
}

/** A `fetch` that reaches simulators by host name (real hosts and any local address given) and nothing else. */
export function sandboxFetch(
  sandboxes: Sandbox[],
  aliases: Record<string, Sandbox> = {},
): typeof globalThis.fetch {
  const byHost = new Map<string, Sandbox>(Object.entries(aliases))
  for (const sandbox of sandboxes) for (const host of sandbox.hosts) byHost.set(host, sandbox)
  return async (input, init) => {
    const request = new Request(input, init)
    request.signal.throwIfAborted()
    const { host } = new URL(request.url)
    const sandbox = byHost.get(host)
    if (!sandbox) throw new TypeError(`No simulator stands for ${host}`)
    return sandbox.fetch(request)
  }
}
