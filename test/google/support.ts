import { connectors } from '../../connectors/index.ts'
import { parseConfig } from '../../src/config/index.ts'
import type { EngineDeps } from '../../src/engine/deps.ts'
import type { Store } from '../../src/engine/ports.ts'
import { type PullResult, pullConnection } from '../../src/engine/pull.ts'
import { drain } from '../../src/engine/schedule.ts'
import { createHub } from '../../src/hub.ts'
import { silentLog } from '../../src/kit/index.ts'
import { createGoogleSandbox, type GoogleSandbox } from '../../src/sandbox/google/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { openStore } from '../../src/store/open-store.ts'
import { SIGNAL, testClock } from '../support/hub.ts'

export const NOW = Date.parse('2026-03-02T12:00:00Z')
export const HOUR = 3_600_000
export const iso = (ms: number): string => new Date(ms).toISOString()

export interface GoogleHub {
  google: GoogleSandbox
  clock: ReturnType<typeof testClock>
  deps: EngineDeps
  /** Pulls every stream, or the one that is named; the result of the first. */
  pull(full?: boolean): Promise<PullResult>
  /** Each touchpoint in a line, oldest first: when, kind, direction, the person's address, title. */
  touchpoints(): Promise<string[]>
  /** Golden address and name of every person, '' of those of whom nothing was said. */
  people(): Promise<string[]>
  store: Store
  close(): Promise<void>
}

/** A hub with one Google connection, pulled by the engine from the simulator. `config`: its keys besides the credentials. */
export async function googleHub(
  connector: string,
  config: string,
  options: { google?: GoogleSandbox; credentials?: 'account' | 'oauth'; stream?: string } = {},
): Promise<GoogleHub> {
  const clock = testClock(NOW)
  const google = options.google ?? (await createGoogleSandbox({ now: clock.now }))
  const { clientId, clientSecret, refreshToken } = google.accounts
  const credentials =
    options.credentials === 'oauth'
      ? `clientId: ${clientId}, clientSecret: "\${SECRET}", refreshToken: "\${REFRESH}"`
      : `serviceAccount: "\${KEY_FILE}"`
  const text = `connections:\n  google: { connector: ${connector}, ${credentials}, ${config} }\n`
  const env = { KEY_FILE: google.keyFile, SECRET: clientSecret, REFRESH: refreshToken }
  const parsed = parseConfig({ file: 'tributary.yaml', text, env, connectors })
  if (!parsed.config) throw new Error(parsed.problems.map((p) => p.message).join('\n'))
  const store = await openStore(':memory:')
  const engine = createHub({
    config: parsed.config,
    store,
    mappings: () => [],
    clock,
    holder: 'test',
    log: silentLog,
    fetch: sandboxFetch([google]),
    random: () => 0.5,
  })
  const { deps } = engine
  const entities = async () => (await store.inspect.entities({ kind: 'person', limit: 500 })).items
  return {
    google,
    clock,
    deps,
    store,
    async pull(full = false) {
      const connection = deps.connections.get('google')!
      const [result] = await pullConnection(deps, connection, {
        signal: SIGNAL,
        full,
        ...(options.stream ? { stream: options.stream } : {}),
      })
      await drain(engine, { signal: SIGNAL, stages: ['absorb', 'enrich', 'project'], flush: true })
      return result!
    },
    async touchpoints() {
      const known = new Map((await entities()).map((p) => [p.id, p.identifier]))
      const { items } = await store.inspect.touchpoints({ limit: 500 })
      return items
        .map((t) =>
          [iso(t.occurredAt).slice(0, 16), t.kind, t.direction, known.get(t.person ?? ''), t.title]
            .filter((part) => part !== undefined)
            .join(' '),
        )
        .sort()
    },
    async people() {
      return (await entities())
        .map(({ golden }) => [golden.email, golden.full_name].filter(Boolean).join(' '))
        .sort()
    },
    close: () => store.close(),
  }
}
