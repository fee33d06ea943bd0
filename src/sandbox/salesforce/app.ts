import { type Context, Hono } from 'hono'
import { errorBody, errorOf, RequestError } from './errors.ts'
import type { Org } from './org.ts'
import { authRoutes } from './routes/auth.ts'
import { collectionRoutes } from './routes/collections.ts'
import { jobRoutes } from './routes/jobs.ts'
import { dataPath } from './routes/shared.ts'
import { queryRoutes, sobjectRoutes } from './routes/sobjects.ts'
import { toolingRoutes } from './routes/tooling.ts'

const OLDEST_VERSION = 31
const MAX_URI = 16_384

/** The HTTP face of an org: session, version and limits first, as the real front door does. */
export function createApp(org: Org): Hono {
  const app = new Hono()
  const newest = Number(org.options.apiVersion)

  app.onError((error, c) => {
    if (!(error instanceof RequestError)) throw error
    return c.json(errorBody(error.error), { status: error.status as 400 })
  })
  const notFound = (c: Context) =>
    c.json(errorBody(errorOf('NOT_FOUND', 'The requested resource does not exist')), 404)
  app.notFound(notFound)

  app.use(async (c, next) => {
    if (c.req.url.length > MAX_URI)
      return c.html('<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>', 414)
    return await next()
  })

  app.get('/services/data', (c) => c.json(versions(newest)))

  app.use('/services/data/:version/*', async (c, next) => {
    const version = Number(/^v(\d+\.0)$/.exec(c.req.param('version') ?? '')?.[1])
    if (!(version >= OLDEST_VERSION && version <= newest)) return notFound(c)
    const token = /^(?:Bearer|OAuth) (.+)$/.exec(c.req.header('authorization') ?? '')?.[1]
    if (!token || !org.touchSession(token)) {
      return c.json(errorBody(errorOf('INVALID_SESSION_ID', 'Session expired or invalid')), 401)
    }
    const isAllowed = org.spendCall()
    if (isAllowed) await next()
    else c.res = c.json(errorBody(errorOf('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')), 403)
    c.res.headers.set('Sforce-Limit-Info', `api-usage=${org.callsOfDay()}/${org.options.dailyLimit}`)
    return undefined
  })

  app.route('/', authRoutes(org))
  app.get('/services/data/:version/', (c) => c.json(resources(c)))
  app.get('/services/data/:version/limits', (c) => {
    const max = org.options.dailyLimit
    return c.json({
      DailyApiRequests: { Max: max, Remaining: Math.max(0, max - org.callsOfDay()) },
      DailyBulkV2QueryJobs: { Max: 10000, Remaining: 10000 },
      DataStorageMB: { Max: 10240, Remaining: 10200 },
    })
  })
  for (const routes of [
    collectionRoutes(org),
    sobjectRoutes(org),
    queryRoutes(org),
    jobRoutes(org),
    toolingRoutes(org),
  ]) {
    app.route('/services/data/:version', routes)
  }
  return app
}

function versions(newest: number): { label: string; url: string; version: string }[] {
  const list = []
  for (let version = OLDEST_VERSION; version <= newest; version++) {
    list.push({ label: `Version ${version}`, url: `/services/data/v${version}.0`, version: `${version}.0` })
  }
  return list
}

const resources = (c: Context): Record<string, string> =>
  Object.fromEntries(
    ['composite', 'jobs', 'limits', 'query', 'queryAll', 'sobjects', 'tooling'].map((name) => [
      name,
      `${dataPath(c)}/${name}`,
    ]),
  )
