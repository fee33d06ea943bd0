import { Hono, type MiddlewareHandler } from 'hono'
import { RecordError } from '#kit'
import type { InspectPort } from '../engine/ports.ts'
import { InvalidRequest } from './api/define-route.ts'
import { openApiDocument } from './api/openapi.ts'
import { ROUTES } from './api/table.ts'
import { secretMask } from './mask.ts'
import { problem } from './problem.ts'

export interface ApiDeps {
  inspect: InspectPort
  guard: MiddlewareHandler
  /** `secrets` of the configuration: masked, should a vendor have echoed one into a record or an answer. */
  secrets: readonly string[]
}

/** The JSON API under /api, with its own description at /api/openapi.json. Mount at `/`. */
export function apiRoutes({ inspect, guard, secrets }: ApiDeps): Hono {
  const mask = secretMask(secrets)
  const app = new Hono().basePath('/api')
  app.use('*', guard)

  let document: string | undefined
  app.get('/openapi.json', () => {
    document ??= JSON.stringify(openApiDocument(ROUTES))
    return json(document)
  })

  for (const route of ROUTES) {
    app.get(route.path, async (c) => {
      const answer = await route.handle(inspect, c.req.param() as Record<string, string>, c.req.query())
      return json(mask(JSON.stringify(answer)))
    })
  }

  app.all('*', (c) =>
    problem(new RecordError('request.not_found', `${c.req.method} ${c.req.path} is not part of the API`)),
  )
  app.onError((error) => (error instanceof InvalidRequest ? error.answer() : problem(error)))
  return app
}

const json = (text: string): Response =>
  new Response(text, { headers: { 'content-type': 'application/json; charset=utf-8' } })
