import { type ServerType, serve } from '@hono/node-server'
import { ConfigError } from '#kit'
import { createApp } from './app.ts'
import type { Context } from './cli/context.ts'
import type { Environment } from './cli/environment.ts'
import { startLoop } from './engine/schedule.ts'
import { rememberUsage } from './engine/sending/usage.ts'
import { assertSafeBinding, isLoopbackHost } from './routes/guard.ts'

export interface RunningServer {
  url: string
  port: number
  /** Looks for work at once: something changed that no receipt announces. */
  wake(): void
  /** Stops accepting, finishes the step under way, flushes receipts. */
  stop(): Promise<void>
}

/** The hub on Node: HTTP server and scheduler in one process. */
export async function startServer(
  context: Context,
  environment: Environment,
  options: { isIdle?: boolean } = {},
): Promise<RunningServer> {
  const { host, port, adminToken } = environment
  assertSafeBinding({ host, adminToken })
  const app = createApp({
    engine: context.engine,
    metrics: context.metrics,
    adminToken,
    isLoopback: isLoopbackHost(host),
    secrets: [...context.config.secrets, ...(adminToken ? [adminToken] : [])],
    ipHeader: environment.ipHeader,
    publicUrl: environment.publicUrl,
  })
  const server = await listen(app.fetch, host, port)
  const address = server.address()
  const actualPort = typeof address === 'object' && address ? address.port : port
  const { store, clock } = context.engine.deps
  await store.deliver.retryRefused(clock.now())
  const stopping = new AbortController()
  const loop = options.isIdle ? undefined : startLoop(context.engine, stopping.signal)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    port: actualPort,
    wake: () => loop?.wake(),
    async stop() {
      await closeServer(server)
      await context.engine.receiver.flush()
      stopping.abort(new Error('stopped'))
      await loop?.stopped
      await rememberUsage(context.engine.deps)
    },
  }
}

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, () => resolve(server))
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new ConfigError('server.port_in_use', `Port ${port} on ${host} is in use by another process`, {
              cause: error,
            })
          : new ConfigError('server.cannot_listen', `Cannot listen on ${host}, port ${port}: ${error.code}`, {
              cause: error,
            }),
      )
    })
  })
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // Keep-alive connections of browsers and SDKs would hold the process for minutes.
    if ('closeIdleConnections' in server) server.closeIdleConnections()
    setTimeout(
      () => ('closeAllConnections' in server ? server.closeAllConnections() : undefined),
      2_000,
    ).unref()
  })
}
