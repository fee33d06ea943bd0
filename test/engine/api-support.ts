import { apiRoutes } from '../../src/routes/api.ts'
import { guard } from '../../src/routes/guard.ts'
import type { World } from './support.ts'

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of any shape
  body: any
}

/** The HTTP API of a world. */
export function api(w: World): {
  get(path: string): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
} {
  const app = apiRoutes({
    inspect: w.inspect,
    engine: w.engine.deps,
    guard: guard({ isLoopback: true }),
    secrets: [],
  })
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await app.request(`http://localhost${path}`, init)
    return { status: response.status, body: await response.json() }
  }
  return {
    get: (path) => ask(path),
    post: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  }
}
