import { Hono } from 'hono'
import { Hono as QuickHono } from 'hono/quick'
import { type Metrics, reportOf } from '#kit'
import type { Engine } from './engine/engine.ts'
import type { NewReceipt } from './engine/ports.ts'
import { apiRoutes } from './routes/api.ts'
import { collectRoutes, indexByWriteKey, websiteConnections } from './routes/collect.ts'
import { formRoutes, indexForms } from './routes/forms.ts'
import { guard } from './routes/guard.ts'
import { healthRoutes } from './routes/health.ts'
import { hookRoutes } from './routes/hooks.ts'
import { measureReceive, metricsRoutes } from './routes/metrics.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { pageRoutes } from './routes/pages.ts'
import { answerError, statusOf } from './routes/problem.ts'

export interface AppOptions {
  engine: Engine
  metrics: Metrics
  adminToken?: string | undefined
  /** The server can only be reached from its own machine. */
  isLoopback: boolean
  /** Secret values that no answer may hold. */
  secrets: readonly string[]
  /** Header in which a trusted proxy puts the visitor's address. */
  ipHeader?: string | undefined
  publicUrl?: string | undefined
  /** For an app that lives for one request: a router without preparation. */
  isShortLived?: boolean
}

/** The whole HTTP surface: collector and hooks are open, everything else is behind the guard. */
export function createApp(options: AppOptions): Hono {
  const { engine, metrics, adminToken, isLoopback, secrets } = options
  const { deps, receiver } = engine
  const { store, clock, connections, log } = deps
  const now = () => clock.now()
  const receive = async (receipt: NewReceipt) => {
    try {
      await receiver.receive(receipt)
    } catch (error) {
      log.error('receipt not stored', { connection: receipt.connection, error: reportOf(error) })
      throw error
    }
  }
  const gate = guard({ adminToken, isLoopback, now })

  const app = options.isShortLived ? new QuickHono() : new Hono()
  app.use('/v1/*', measureReceive(metrics, 'collect'))
  app.use('/f/*', measureReceive(metrics, 'form'))
  app.use('/hooks/*', measureReceive(metrics, 'hook'))
  app.route(
    '/',
    collectRoutes({
      connection: indexByWriteKey(websiteConnections(connections.values())),
      receive,
      now,
      ...(options.ipHeader ? { ipHeader: options.ipHeader } : {}),
      ...(options.publicUrl ? { publicUrl: options.publicUrl } : {}),
    }),
  )
  app.route(
    '/',
    formRoutes({
      form: indexForms(connections.values()),
      receive,
      now,
      ...(options.ipHeader ? { ipHeader: options.ipHeader } : {}),
    }),
  )
  app.route('/', hookRoutes({ connection: (name) => connections.get(name), receive, now }))
  app.route('/', healthRoutes({ control: store.control, clock }))
  app.route('/', metricsRoutes({ inspect: store.inspect, metrics, guard: gate }))
  const { publicUrl } = options
  app.route(
    '/',
    apiRoutes({
      inspect: store.inspect,
      engine: deps,
      guard: gate,
      secrets,
      publicUrl,
      wake: () => receiver.announce(),
    }),
  )
  app.route('/', oauthRoutes({ connection: (name) => connections.get(name) }))
  app.route(
    '/',
    pageRoutes({ inspect: store.inspect, match: store.match, guard: gate, secrets, adminToken, now }),
  )
  app.onError((error, c) => {
    if (statusOf(error) >= 500)
      log.error('request failed', { method: c.req.method, path: c.req.path, error: reportOf(error) })
    return answerError(error, c)
  })
  return app
}
