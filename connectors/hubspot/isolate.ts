import { HubError } from '#kit'

interface Isolation<T> {
  send(items: T[]): Promise<void>
  /** Items that the error certainly is about, where it tells; the rest is sent again without them. */
  culprits?(items: T[], error: HubError): T[]
  refused(items: T[], error: HubError): void
}

/**
 * Sends `items` together. Where HubSpot refuses the whole request because of some of them, these are taken out by name,
 * or found by halving, so that their neighbours get through. Errors that are not about items concern all of them.
 */
export async function isolate<T>(items: T[], isolation: Isolation<T>): Promise<void> {
  try {
    return await isolation.send(items)
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const isAboutItems = error.kind === 'record' || error.kind === 'admin_rule'
    if (!isAboutItems || items.length === 1) return isolation.refused(items, error)
    const culprits = new Set(isolation.culprits?.(items, error))
    if (culprits.size > 0) isolation.refused([...culprits], error)
    const others = items.filter((item) => !culprits.has(item))
    if (others.length === 0) return
    if (culprits.size > 0) return await isolate(others, isolation)
    const middle = Math.ceil(others.length / 2)
    await isolate(others.slice(0, middle), isolation)
    await isolate(others.slice(middle), isolation)
  }
}
