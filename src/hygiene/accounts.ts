import { DAY_MS, type Issue, type Surroundings } from './record.ts'

/** What has been gathered of an account when everything that belongs to it has been read. */
export interface AccountFacts {
  createdAt?: number | undefined
  activityAt?: number | undefined
  /** The CRM can tell when something last happened. */
  hasActivity: boolean
  hasContact: boolean
  /** A contact or lead of it was active within the time after which an account is dead. */
  hasActiveContact: boolean
  hasDeal: boolean
  hasOpenDeal: boolean
  hasWonDeal: boolean
  /** Its stage says that it has bought nothing yet. */
  isBeforeCustomer: boolean
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

/** Checks of accounts that need what was read after them. */
export function checkAccount(
  facts: AccountFacts,
  { now, settings }: Pick<Surroundings, 'now' | 'settings'>,
): Issue[] {
  const issues: Issue[] = []
  if (!facts.hasContact) issues.push({ check: 'account.no_contact' })
  if (facts.isBeforeCustomer && facts.hasWonDeal)
    issues.push({ check: 'lifecycle.contradiction', attribute: 'lifecycle', note: 'and a deal of it is won' })
  if (!facts.hasActivity) return issues
  const { createdAt, activityAt } = facts
  const dead = now - settings.deadAccountDays * DAY_MS
  const seenAt = activityAt ?? createdAt
  const isDead = seenAt !== undefined && seenAt < dead && !facts.hasOpenDeal && !facts.hasActiveContact
  if (isDead)
    return [
      ...issues,
      {
        check: 'account.dead',
        note: `nothing since ${dayOf(seenAt)}`,
        // What has contacts or deals has a history that somebody may want.
        ...(facts.hasContact || facts.hasDeal ? {} : { fix: { kind: 'archive' as const } }),
      },
    ]
  const idle = now - settings.idleAccountDays * DAY_MS
  if (activityAt !== undefined && activityAt < idle)
    issues.push({ check: 'account.idle', attribute: 'activity_at', value: dayOf(activityAt) })
  if (activityAt === undefined && createdAt !== undefined && createdAt < idle)
    issues.push({ check: 'account.untouched', note: `made on ${dayOf(createdAt)}` })
  return issues
}
