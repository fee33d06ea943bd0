import { Hono } from 'hono'
import { type Clock, TransientError } from '#kit'
import { mappingTrouble } from '../engine/mappings/mapping-trouble.ts'
import type { ControlPort } from '../engine/ports.ts'
import { problem } from './problem.ts'

export interface HealthDeps {
  control: Pick<ControlPort, 'getSetting'>
  clock: Clock
}

const PATIENCE_MS = 1000

/**
 * `GET /healthz`: 200 when the store answers within a second, else 503. `degraded` (200, because a restart would not
 * mend it) while mapping files on disk are broken and older ones are in use. Open to everyone, so it tells nothing more.
 */
export function healthRoutes({ control, clock }: HealthDeps): Hono {
  const app = new Hono()
  app.get('/healthz', async (c) => {
    c.header('cache-control', 'no-store')
    const patience = new AbortController()
    try {
      const answer = await Promise.race([
        mappingTrouble(control).then((trouble) => ({ trouble })),
        clock.sleep(PATIENCE_MS, patience.signal).then(() => undefined),
      ])
      if (answer)
        return c.json(answer.trouble ? { status: 'degraded', mappings: 'broken' } : { status: 'ok' })
      return problem(new TransientError('store.busy', `The database did not answer within ${PATIENCE_MS} ms`))
    } catch {
      return problem(new TransientError('store.unavailable', 'The database does not answer'))
    } finally {
      patience.abort()
    }
  })
  return app
}
