import type { Clock } from '#kit'
import type { Store } from '../ports.ts'

const TTL_MS = 30_000
/** Whoever claimed an operation has it for this long: longer than any call may take. */
export const OPERATION_LEASE_MS = 5 * 60_000
/** Whoever is still sending is still there. */
const PRESENCE_TTL_MS = OPERATION_LEASE_MS + 60_000
/** A lease is renewed when a third of it has passed: steps are short, and a renewal costs a durable write. */
const RENEW_AFTER_MS = 10_000

export interface Leases {
  /** True when the named work is ours to do now. */
  hold(name: string): Promise<boolean>
  /** Hands everything to whoever comes next, at once instead of when it expires. */
  release(): Promise<void>
}

/** Which shared work this process does; remembered here, so that most steps ask nobody. */
export function createLeases({
  store,
  clock,
  holder,
}: {
  store: Store
  clock: Clock
  holder: string
}): Leases {
  const renewedAt = new Map<string, number>()
  return {
    async hold(name) {
      const now = clock.now()
      const age = now - (renewedAt.get(name) ?? Number.NEGATIVE_INFINITY)
      if (age >= 0 && age < RENEW_AFTER_MS) return true
      const isOurs = await store.control.acquireLease({
        name,
        holder,
        now,
        ttlMs: name === presenceOf(holder) ? PRESENCE_TTL_MS : TTL_MS,
      })
      if (isOurs) renewedAt.set(name, now)
      else renewedAt.delete(name)
      return isOurs
    },
    async release() {
      if (renewedAt.size > 0) await store.control.releaseHolder(holder)
      renewedAt.clear()
    },
  }
}

/** Lease that says only that a process is at work on this database. */
export const presenceOf = (holder: string): string => `process:${holder}`

/**
 * Takes over from processes that died without handing over: their leases are released and, where nobody else is at
 * work, what they were sending is sent again at once instead of when its lease expires.
 */
export async function takeOver(
  store: Store,
  options: { now: number; isDead: (holder: string) => boolean },
): Promise<void> {
  const holders = await store.control.leaseHolders(options.now)
  const dead = holders.filter(options.isDead)
  for (const holder of dead) await store.control.releaseHolder(holder)
  if (dead.length < holders.length) return
  await store.deliver.reclaim(Number.MAX_SAFE_INTEGER)
  await store.bulk.wake(options.now)
}
