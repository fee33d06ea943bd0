import { type ConnectorContext, type CrmUser, HubError, isRetryable, RecordError, reportOf } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { Operation, OperationField } from '../ports.ts'

type Ctx = ConnectorContext<Record<string, unknown>>

/** Why an e-mail address names nobody whom a record can be given to. */
export type UserMiss = 'unknown_user' | 'inactive_user' | 'several_users' | 'users_unreadable'
export const USER_MISSES: ReadonlySet<string> = new Set<UserMiss>([
  'unknown_user',
  'inactive_user',
  'several_users',
  'users_unreadable',
])
export type FoundUser = { id: string } | { miss: UserMiss; why: string }
export type FindUser = (email: string) => FoundUser

const MAX_AGE_MS = 10 * 60_000
/** Whoever is not found may have been added just now; the CRM is asked again no more often than this. */
const MISS_AGE_MS = 60_000

interface Directory {
  at: number
  find: FindUser
}

/** By configuration, which in a Worker outlives the engines of single invocations. */
const directories = new WeakMap<object, Directory>()

const isAsked = ({ user, after }: OperationField): boolean => user !== undefined && after !== null

/** Users that these operations name, as the CRM has them; at most ten minutes old. */
export async function findUsersOf(deps: EngineDeps, ctx: Ctx, operations: Operation[]): Promise<FindUser> {
  const emails = new Set(
    operations.flatMap(({ fields }) =>
      Object.values(fields).flatMap((field) => (isAsked(field) ? [String(field.after)] : [])),
    ),
  )
  if (emails.size === 0) return findAmong([])
  const held = directories.get(ctx.config)
  const age = deps.clock.now() - (held?.at ?? Number.NEGATIVE_INFINITY)
  const isMissing = () => [...emails].some((email) => 'miss' in held!.find(email))
  if (held && age < MAX_AGE_MS && (age < MISS_AGE_MS || !isMissing())) return held.find
  const find = await readDirectory(deps, ctx)
  directories.set(ctx.config, { at: deps.clock.now(), find })
  return find
}

/** What the CRM does not let us read is no reason to write nothing at all. */
async function readDirectory(deps: EngineDeps, ctx: Ctx): Promise<FindUser> {
  const api = deps.connections.get(ctx.connection)!.connector.destination!
  if (!api.users) return () => ({ miss: 'users_unreadable', why: `${ctx.connection} has no list of users` })
  try {
    return findAmong(await api.users(ctx))
  } catch (error) {
    const isOurs = error instanceof HubError && !isRetryable(error) && error.code !== 'http.aborted'
    if (!isOurs || error.code === 'auth.rejected') throw error
    const why = `the users of ${ctx.connection} cannot be read: ${error.message}`
    deps.log.warn('users cannot be read', { destination: ctx.connection, error: reportOf(error) })
    return () => ({ miss: 'users_unreadable', why })
  }
}

/** By e-mail, whatever its case; who is active goes before who is not. */
export function findAmong(users: CrmUser[]): FindUser {
  const byEmail = Map.groupBy(users, ({ email }) => email.trim().toLowerCase())
  return (email) => {
    const found = byEmail.get(email.trim().toLowerCase())
    if (!found) return { miss: 'unknown_user', why: `no user of the CRM has the e-mail ${email}` }
    const active = found.filter(({ isActive }) => isActive)
    if (active.length === 1) return { id: active[0]!.id }
    if (active.length === 0)
      return { miss: 'inactive_user', why: `${found[0]!.name} (${email}) is not active in the CRM` }
    const names = active.map(({ id, name }) => `${name} ${id}`).join(', ')
    return { miss: 'several_users', why: `${active.length} active users have the e-mail ${email}: ${names}` }
  }
}

export interface MissedUser {
  field: string
  miss: UserMiss
  why: string
}

/**
 * The operation as the CRM understands it: ids in the place of e-mails. `held`: a field that nobody can be found for
 * says that the record waits; `missed` are left out.
 */
export function withUsers(
  operation: Operation,
  find: FindUser,
): { operation: Operation; missed: MissedUser[]; held?: RecordError } {
  if (!Object.values(operation.fields).some(isAsked)) return { operation, missed: [] }
  const fields: Record<string, OperationField> = {}
  const missed: MissedUser[] = []
  for (const [name, field] of Object.entries(operation.fields)) {
    if (!isAsked(field)) {
      fields[name] = field
      continue
    }
    const found = find(String(field.after))
    if ('id' in found) {
      fields[name] = { ...field, after: found.id, wanted: field.after }
      continue
    }
    missed.push({ field: name, ...found })
    if (field.user !== 'hold') continue
    const { object } = operation
    const held = new RecordError('record.no_user', `${object}.${name}: ${found.why} (${field.from})`, {
      at: { object, field: name, mapping: field.from },
    })
    return { operation, missed, held }
  }
  return { operation: { ...operation, fields }, missed }
}
