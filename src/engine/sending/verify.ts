import { type ErrorReport, HubError, isRetryable, type LiveRecord, RecordError, reportOf } from '#kit'
import { type Connection, contextOf } from '../connection.ts'
import { isEmpty, isStillOurs, sameValue } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import type {
  LiveRow,
  Operation,
  OperationField,
  RunOperation,
  WrittenField,
  WrittenFields,
} from '../ports.ts'
import { isPaused, pause } from './pause.ts'
import { lanesWithin } from './quota.ts'

/** A part-filled read leaves when the first of its records has waited this long. */
const WAIT_MS = 60_000

/**
 * Reads back what was chosen for it, in full reads or when it has waited long enough, and notes what the CRM accepted and
 * does not hold. A CRM that is out of reach, or whose calls run short, is asked another time: nothing waits for this.
 */
export async function verify(
  deps: EngineDeps,
  options: { signal: AbortSignal; flush?: boolean | undefined },
): Promise<number> {
  let done = 0
  for (const connection of deps.connections.values()) {
    const api = connection.connector.destination
    const now = deps.clock.now()
    if (!api || isPaused(connection, now) || !lanesWithin(connection, now).includes('touchpoint')) continue
    for (const { object, count, since } of await deps.store.repair.unverified(connection.name)) {
      const spec = api.objects[object]
      if (!spec) continue
      const isDue = options.flush || deps.clock.now() - since >= WAIT_MS
      if (!isDue && count < spec.readSize) continue
      // The object before may have been told to wait.
      if (isPaused(connection, deps.clock.now())) break
      done += await verifyObject(deps, connection, object, Math.min(count, spec.readSize), options.signal)
    }
  }
  return done
}

async function verifyObject(
  deps: EngineDeps,
  connection: Connection,
  object: string,
  limit: number,
  signal: AbortSignal,
): Promise<number> {
  const { repair, deliver } = deps.store
  const destination = connection.name
  const rows = await repair.nextUnverified({ destination, object, limit })
  const fields = [...new Set(rows.flatMap(({ operation }) => valuesOf(operation).map(([name]) => name)))]
  const crmIds = [...new Set(rows.flatMap(({ projection }) => projection?.crmId ?? []))]
  let live: LiveRecord[]
  try {
    const ctx = contextOf(connection, { ...deps, signal })
    live =
      crmIds.length > 0 ? await connection.connector.destination!.read(ctx, { object, crmIds, fields }) : []
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    if (isRetryable(error) || error.kind === 'auth') pause(deps, connection, error)
    deps.log.warn('not read back', { destination, object, error: reportOf(error) })
    return 0
  }
  const now = deps.clock.now()
  const byId = new Map(live.map((record) => [record.crmId, record]))
  const notStored: { id: string; error: ErrorReport }[] = []
  const written: WrittenFields[] = []
  const seen: LiveRow[] = []
  for (const row of rows) {
    const record = byId.get(row.projection?.crmId ?? '')
    if (!record || record.movedTo) continue
    const lost = lostFields(row, record)
    if (lost.length === 0) continue
    const { operation, projection } = row
    notStored.push({ id: operation.id, error: errorOf(object, record.crmId, lost) })
    const { entity, externalId } = projection!
    written.push({
      destination,
      object,
      entity,
      externalId,
      written: Object.fromEntries(lost.map((field) => [field.name, shadowOf(field, operation, now)])),
    })
    seen.push({
      destination,
      object,
      crmId: record.crmId,
      fields: Object.fromEntries(lost.map(({ name, holds }) => [name, holds])),
      seenAt: now,
    })
  }
  await repair.verified({ now, ids: rows.map(({ operation }) => operation.id), notStored, written })
  if (seen.length > 0) await deliver.finish({ now, results: [], deliveries: [], live: seen, redirects: [] })
  if (notStored.length > 0)
    deps.log.warn('accepted but not stored', { destination, object, records: notStored.length })
  return rows.length
}

interface LostField {
  name: string
  field: OperationField
  /** What the CRM holds instead. */
  holds: unknown
}

const valuesOf = (operation: Operation): [string, OperationField][] =>
  Object.entries(operation.fields).filter(([name]) => !name.startsWith('→'))

/**
 * Fields that the CRM accepted and that hold what they held before. A third value is not lost: an automation, or a person,
 * has made something of ours, and it is theirs now.
 */
function lostFields({ operation, projection }: RunOperation, record: LiveRecord): LostField[] {
  return valuesOf(operation).flatMap(([name, field]) => {
    if (projection?.written[name]?.operation !== operation.id || !(name in record.fields)) return []
    const holds = record.fields[name]
    const sent = 'sent' in field ? field.sent : field.after
    if (isStillOurs(holds, sent)) return []
    const isAsBefore =
      'before' in field ? sameValue(holds, field.before) : operation.isCreated === true && isEmpty(holds)
    return isAsBefore ? [{ name, field, holds: holds ?? null }] : []
  })
}

/** What the CRM holds is our starting point again, and the value is not sent once more until it changes. */
const shadowOf = ({ field, holds }: LostField, { id }: Operation, now: number): WrittenField => ({
  value: holds,
  at: now,
  operation: id,
  withheld: { value: field.wanted ?? field.after, because: 'not_stored' },
})

function errorOf(object: string, crmId: string, lost: LostField[]): ErrorReport {
  const what = lost
    .map(
      ({ name, field, holds }) =>
        `${name} (sent ${JSON.stringify(field.after)}, holds ${JSON.stringify(holds)})`,
    )
    .join(', ')
  return reportOf(
    new RecordError('record.not_stored', `${object} ${crmId} was accepted and does not hold ${what}`, {
      at: { object, crm_id: crmId, field: lost[0]!.name },
    }),
  )
}
