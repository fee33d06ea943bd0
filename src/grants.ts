import { type Clock, ConfigError, createSealer, type Grant, type GrantKeeper, type Sealer } from '#kit'
import type { Store } from './engine/ports.ts'

const purposeOf = (connection: string): string => `grant:${connection}`

/** As long as a token request may take, its repeats included. */
const LEASE_MS = 60_000
const POLL_MS = 200

/** TRIBUTARY_KEY, which seals, then TRIBUTARY_OLD_KEYS, which only open what was sealed before. */
export const keysOf = (variables: Record<string, unknown>): string[] =>
  [variables.TRIBUTARY_KEY, ...String(variables.TRIBUTARY_OLD_KEYS ?? '').split(',')].flatMap((key) =>
    typeof key === 'string' && key.trim() ? [key.trim()] : [],
  )

/** The keys of a process, the one that seals first. Throws ConfigError where one is none, or when there is none to ask. */
export function sealerOf(keys: readonly string[]): () => Promise<Sealer> {
  return async () => {
    const [current, ...former] = keys
    if (!current) {
      throw new ConfigError(
        'credential.key_missing',
        'TRIBUTARY_KEY is not set, so credentials cannot be kept; make one with: tributary keys new',
      )
    }
    return await createSealer([current, ...former])
  }
}

/** What consent gave to one connection, sealed in the store. */
export function grantKeeper(
  connection: string,
  options: { store: Store; sealer: () => Promise<Sealer>; clock: Clock; holder: string },
): GrantKeeper {
  const { store, sealer, clock, holder } = options
  const purpose = purposeOf(connection)
  return {
    async read() {
      const row = await store.credentials.get(connection)
      return row ? (JSON.parse(await (await sealer()).open(row.sealed, purpose)) as Grant) : undefined
    },
    async save(grant) {
      const sealed = await (await sealer()).seal(JSON.stringify(grant), purpose)
      await store.credentials.put({ connection, sealed, updatedAt: clock.now() })
    },
    async forget() {
      await store.credentials.remove(connection)
    },
    async exclusively(work) {
      const name = purpose
      // Where nobody gives way the work is done all the same: a refused token says more than an endless wait.
      for (const until = clock.now() + LEASE_MS; clock.now() < until; await clock.sleep(POLL_MS)) {
        if (await store.control.acquireLease({ name, holder, now: clock.now(), ttlMs: LEASE_MS })) break
      }
      try {
        return await work()
      } finally {
        await store.control.releaseLease(name, holder)
      }
    },
  }
}

/** Seals with the current key what a former one sealed. Who is connected stays so; answers how many were sealed anew. */
export async function resealGrants(
  store: Store,
  sealer: Sealer,
  now: number,
): Promise<{ resealed: string[]; unchanged: string[] }> {
  const resealed: string[] = []
  const unchanged: string[] = []
  for (const { connection, sealed } of await store.credentials.list()) {
    if (sealed.split('.')[1] === sealer.keyId) {
      unchanged.push(connection)
      continue
    }
    const purpose = purposeOf(connection)
    const next = await sealer.seal(await sealer.open(sealed, purpose), purpose)
    // Another process may have renewed the grant meanwhile: it did so with its current key.
    const isStored = await store.credentials.put({
      connection,
      sealed: next,
      updatedAt: now,
      ifSealed: sealed,
    })
    ;(isStored ? resealed : unchanged).push(connection)
  }
  return { resealed, unchanged }
}
