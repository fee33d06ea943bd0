import { ConfigError, type DriftPolicy } from '#kit'
import type { Instant } from '#model'
import type { Connection } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import { groupsOf } from './coverage.ts'

/** What is remembered of the shape of a stream's records. */
interface Memory {
  /** True once a whole run has been read: from then on a field that was never seen is new. */
  isSettled: boolean
  /** Whether a field was in every record that was looked at. */
  fields: Record<string, 'always' | 'sometimes'>
  /** Fields that nobody has accepted yet, by when they were first seen. */
  added: Record<string, Instant>
  /** Fields that were in every record and are in none, by when that was noticed. */
  gone: Record<string, Instant>
}

export interface Drift {
  added: { field: string; at: Instant }[]
  gone: { field: string; at: Instant }[]
}

/** Looks at the pages of one run. */
export interface DriftWatch {
  /** Called before a page is committed. Throws ConfigError `source.drift` where the policy is stop. */
  see(records: readonly unknown[]): void
  /** Keeps what was learnt, whatever became of the run. */
  finish(isComplete: boolean): Promise<void>
}

/** Records of a page that are looked at: vendors change their shape for all of them. */
const SAMPLE = 20
/** Fewer say nothing about a field that is missing. */
const ENOUGH = 10
/** Records with names for keys may have any number of fields. */
const MAX_FIELDS = 500

const settingOf = (connection: string, stream: string): string => `fields:${connection}/${stream}`

export const driftPolicy = ({ drift }: Connection, stream: string): DriftPolicy =>
  typeof drift === 'string' ? drift : (drift?.[stream] ?? 'warn')

async function recall({ store }: EngineDeps, connection: string, stream: string): Promise<Memory> {
  const kept = await store.control.getSetting(settingOf(connection, stream))
  return kept ? JSON.parse(kept) : { isSettled: false, fields: {}, added: {}, gone: {} }
}

/** Undefined where nobody wants to know. Throws ConfigError `source.drift` where an earlier run was stopped by it. */
export async function watchDrift(
  deps: EngineDeps,
  connection: Connection,
  name: string,
): Promise<DriftWatch | undefined> {
  const policy = driftPolicy(connection, name)
  if (policy === 'ignore') return undefined
  const { clock, log, store } = deps
  const stream = connection.connector.streams![name]!
  const memory = await recall(deps, connection.name, name)
  const before = JSON.stringify(memory)
  const scope = `${connection.name}/${name}`
  if (policy === 'stop' && isDrift(memory)) throw driftError(scope, memory)
  const groups = groupsOf(stream.record)

  return {
    see(records) {
      const found = compare(memory, namesOf(records.slice(0, SAMPLE), groups), clock.now())
      if (found.length === 0) return
      if (policy === 'stop') throw driftError(scope, memory)
      log.warn('the shape of records changed', { scope, fields: found })
    },
    async finish(isComplete) {
      if (isComplete && Object.keys(memory.fields).length > 0) memory.isSettled = true
      const after = JSON.stringify(memory)
      if (after !== before) await store.control.setSetting(settingOf(connection.name, name), after)
    },
  }
}

interface Seen {
  /** How many of the records had the field. */
  counts: Map<string, number>
  records: number
}

/** Fields of the records themselves and of their groups that the connector knows; what else is an object counts as one. */
function namesOf(records: readonly unknown[], groups: ReadonlySet<string>): Seen {
  const counts = new Map<string, number>()
  const walk = (value: object, before: string) => {
    for (const [name, part] of Object.entries(value)) {
      const place = before === '' ? name : `${before}.${name}`
      counts.set(place, (counts.get(place) ?? 0) + 1)
      if (groups.has(place) && isObject(part)) walk(part, place)
    }
  }
  const objects = records.filter(isObject)
  for (const record of objects) walk(record, '')
  return { counts, records: objects.length }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Brings the memory up to date; returns what is news. */
function compare(memory: Memory, { counts, records }: Seen, now: Instant): string[] {
  const { fields, added, gone, isSettled } = memory
  const isFirst = Object.keys(fields).length === 0
  const news: string[] = []
  for (const [field, count] of counts) {
    delete gone[field]
    if (fields[field] !== undefined) continue
    if (Object.keys(fields).length >= MAX_FIELDS) break
    fields[field] = isFirst && count === records ? 'always' : 'sometimes'
    if (!isSettled) continue
    added[field] = now
    news.push(`+${field}`)
  }
  for (const [field, how] of Object.entries(fields)) {
    const count = counts.get(field) ?? 0
    if (how === 'sometimes' || count === records || isInMissingGroup(field, counts)) continue
    if (count > 0 || !isSettled) fields[field] = 'sometimes'
    else if (records >= ENOUGH && gone[field] === undefined) {
      gone[field] = now
      news.push(`-${field}`)
    }
  }
  return news
}

/** A group that is gone, or null, takes its fields with it: once is enough. */
function isInMissingGroup(field: string, counts: ReadonlyMap<string, number>): boolean {
  const at = field.lastIndexOf('.')
  if (at < 0) return false
  const group = field.slice(0, at)
  const inGroup = [...counts.keys()].some((other) => other.startsWith(`${group}.`))
  return !inGroup
}

const isDrift = ({ added, gone }: Memory): boolean => Object.keys(added).length + Object.keys(gone).length > 0

function driftError(scope: string, { added, gone }: Memory): ConfigError {
  const told = [
    ...Object.keys(added).map((field) => `${field} is new`),
    ...Object.keys(gone).map((field) => `${field} is gone`),
  ]
  return new ConfigError(
    'source.drift',
    `${scope} is stopped, because its records changed: ${told.join(', ')}`,
    {
      at: { scope },
    },
  )
}

/** What changed in the shape of a stream's records and was not accepted yet. */
export async function driftOf(
  deps: EngineDeps,
  connection: string,
  stream: string,
): Promise<Drift | undefined> {
  const memory = await recall(deps, connection, stream)
  if (!isDrift(memory)) return undefined
  const list = (fields: Record<string, Instant>) =>
    Object.entries(fields).map(([field, at]) => ({ field, at }))
  return { added: list(memory.added), gone: list(memory.gone) }
}

/** All of it, by connection and stream. */
export async function allDrift(
  deps: EngineDeps,
): Promise<{ connection: string; stream: string; drift: Drift }[]> {
  const scopes = [...deps.connections.values()].flatMap(({ name, connector }) =>
    Object.entries(connector.streams ?? {}).flatMap(([stream, { pull }]) =>
      pull ? [[name, stream] as const] : [],
    ),
  )
  const found = await Promise.all(
    scopes.map(async ([connection, stream]) => ({
      connection,
      stream,
      drift: await driftOf(deps, connection, stream),
    })),
  )
  return found.flatMap(({ drift, ...scope }) => (drift ? [{ ...scope, drift }] : []))
}

/** From now on the records are expected as they are. Returns how many fields that concerns. */
export async function acceptDrift(deps: EngineDeps, connection: Connection): Promise<number> {
  let accepted = 0
  for (const stream of Object.keys(connection.connector.streams ?? {})) {
    const memory = await recall(deps, connection.name, stream)
    if (!isDrift(memory)) continue
    accepted += Object.keys(memory.added).length + Object.keys(memory.gone).length
    for (const field of Object.keys(memory.gone)) delete memory.fields[field]
    const clean: Memory = { ...memory, added: {}, gone: {} }
    await deps.store.control.setSetting(settingOf(connection.name, stream), JSON.stringify(clean))
  }
  return accepted
}
