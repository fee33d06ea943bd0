import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { RecordError } from '#kit'
import type { EngineDeps } from '../engine/deps.ts'
import type { InspectPort } from '../engine/ports.ts'
import { InvalidRequest } from './api/define-route.ts'
import { openApiDocument } from './api/openapi.ts'
import { ALL_ROUTES } from './api/routes.ts'
import { secretMask } from './mask.ts'
import { originOf } from './origin.ts'
import { problem } from './problem.ts'
import { readBody } from './request-body.ts'

export interface ApiDeps {
  inspect: InspectPort
  engine: EngineDeps
  guard: MiddlewareHandler
  /** Address of the hub as browsers see it; that of the request where absent. */
  publicUrl?: string | undefined
  /** `secrets` of the configuration: masked, should a vendor have echoed one into a record or an answer. */
  secrets: readonly string[]
  /** Called after work was put down that should begin soon. */
  wake?: () => void
}

/** The JSON API under /api, with its own description at /api/openapi.json. Mount at `/`. */
export function apiRoutes({ inspect, engine, guard, publicUrl, secrets, wake = () => {} }: ApiDeps): Hono {
  const mask = secretMask(secrets)
  const app = new Hono().basePath('/api')
  app.use('*', guard)

  let document: string | undefined
  app.get('/openapi.json', () => {
    document ??= JSON.stringify(openApiDocument(ALL_ROUTES))
    return json(document)
  })

  for (const route of ALL_ROUTES) {
    app.on(route.method, route.path, async (c) => {
      const answer = await route.handle(
        { inspect, engine, signal: c.req.raw.signal, origin: originOf(c.req.url, publicUrl), wake },
        {
          params: c.req.param() as Record<string, string>,
          query: c.req.query(),
          ...(route.body ? { body: await bodyOf(c) } : {}),
        },
      )
      return json(mask(JSON.stringify(answer)), route.status)
    })
  }

  app.all('*', (c) =>
    problem(new RecordError('request.not_found', `${c.req.method} ${c.req.path} is not part of the API`)),
  )
  app.onError((error) => (error instanceof InvalidRequest ? error.answer() : problem(error)))
  return app
}

const json = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { 'content-type': 'application/json; charset=utf-8' } })

/** Plans may be long; everything else is a few lines. */
const MAX_BODY = 8_000_000

async function bodyOf(c: Context): Promise<unknown> {
  const bytes = await readBody(c.req.raw, MAX_BODY)
  // A POST without a body asks for the defaults.
  if (bytes.length === 0) return {}
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new RecordError('request.malformed_json', 'The body is not JSON in UTF-8', { cause })
  }
}
