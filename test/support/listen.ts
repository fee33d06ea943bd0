import { serve } from '@hono/node-server'

export interface Listening {
  url: string
  close(): Promise<void>
}

/** Serves a simulator (or anything that answers requests) on a free port of this machine. */
export function listen(handler: {
  fetch(request: Request): Response | Promise<Response>
}): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: (request) => handler.fetch(request), hostname: '127.0.0.1', port: 0 },
      ({ port }) =>
        resolve({
          url: `http://127.0.0.1:${port}`,
          close: () =>
            new Promise((done) => {
              server.close(() => done())
              if ('closeAllConnections' in server) server.closeAllConnections()
            }),
        }),
    )
    server.once('error', reject)
  })
}
