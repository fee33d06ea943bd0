import type * as z from 'zod'
import type { ErrorReport as Report } from '#kit'
import { type Instant, majorText, money } from '#model'
import type { MappingTrouble } from '../../engine/mappings/mapping-trouble.ts'
import type {
  DeadLetter,
  Delivery,
  EntityRow,
  HeldDeletions,
  Operation,
  Page,
  ProjectionRow,
  RunRow,
  Standing,
  StoredRecord,
  Totals,
  TouchpointRow,
} from '../../engine/ports.ts'
import { countsOf } from '../../engine/reading/runs.ts'
import { displayName, readGolden } from '../golden.ts'
import type * as schemas from './schemas.ts'

type Shown<K extends keyof typeof schemas> = (typeof schemas)[K] extends z.ZodType
  ? z.input<(typeof schemas)[K]>
  : never

const YEAR_1 = -62_135_596_800_000
const YEAR_9999 = 253_402_300_799_999

/** Clamped to four-digit years: a vendor's nonsense beyond them must not break a whole page. */
export const isoOf = (at: Instant): string =>
  new Date(Math.max(YEAR_1, Math.min(at, YEAR_9999))).toISOString()
const isoOrAbsent = (at: Instant | undefined): string | undefined =>
  at === undefined ? undefined : isoOf(at)

export const showPage = <T, S>(page: Page<T>, show: (item: T) => S): { items: S[]; next?: string } => ({
  items: page.items.map(show),
  ...(page.next !== undefined ? { next: page.next } : {}),
})

export const showError = (report: Report): Shown<'ErrorReport'> => ({
  kind: report.kind,
  code: report.code,
  message: report.message,
  fix: report.fix,
  vendor_code: report.vendorCode,
  at: report.at,
})
const showErrorIf = (report: Report | undefined) => (report ? showError(report) : undefined)

export const showStatus = (totals: Totals, trouble?: MappingTrouble): Shown<'Status'> => {
  const { knownPeople, knownAccounts, dirty, holds, deletionHolds, ...same } = totals
  return {
    ...same,
    known_people: knownPeople,
    known_accounts: knownAccounts,
    waiting: dirty,
    holds: holds.map(({ at, ...hold }) => ({ ...hold, at: isoOf(at) })),
    held_deletions: deletionHolds.map(showHeldDeletions),
    ...(trouble ? { mapping_trouble: { ...trouble, since: isoOf(trouble.since) } } : {}),
  }
}

export const showHeldDeletions = ({ at, ...hold }: HeldDeletions): Shown<'HeldDeletions'> => ({
  ...hold,
  at: isoOf(at),
})

export function showRecord(
  row: StoredRecord & { state: 'pending' | 'absorbed' | 'dead'; error?: Report },
): Shown<'SourceRecord'> {
  const { connection, stream, key, lane, state } = row
  return {
    connection,
    stream,
    key,
    version: isoOf(row.version),
    lane,
    state,
    is_deleted: row.isDeleted,
    body: bodyOf(row.body),
    error: showErrorIf(row.error),
  }
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export function showTouchpoint(row: TouchpointRow): Shown<'Touchpoint'> {
  const { id, kind, channel, direction, title, url, referrer, campaign, props, connection, stream, key } = row
  const value =
    row.amount === undefined || row.currency === undefined ? undefined : money(row.amount, row.currency)
  return {
    id,
    kind,
    occurred_at: isoOf(row.occurredAt),
    person: row.personRoot ?? row.person,
    account: row.accountRoot ?? row.account,
    channel,
    direction,
    title,
    url,
    referrer,
    campaign,
    amount: value && { ...value, text: majorText(value) },
    is_machine: row.isMachine,
    props,
    record: { connection, stream, key },
  }
}

export function showPerson(row: EntityRow): Shown<'Person'> {
  return { ...showAccount(row), account: row.account }
}

export function showAccount(row: EntityRow): Shown<'Account'> {
  const { values, sources } = readGolden(row.golden)
  return {
    id: row.id,
    name: displayName(row),
    stage: row.stage,
    values,
    sources,
    created_at: isoOf(row.createdAt),
  }
}

export function showStanding({ golden }: EntityRow): Pick<Shown<'AccountDetail'>, 'standing'> {
  const standing = golden.$standing as Standing | undefined
  if (!standing) return {}
  const { classes, parent, ultimate, children, total } = standing
  const { last_touch_at: touchedAt, ...rollup } = total
  return {
    standing: {
      classes,
      parent,
      ultimate_parent: ultimate,
      children,
      rollup: { ...rollup, ...(touchedAt === undefined ? {} : { last_touch_at: isoOf(touchedAt) }) },
    },
  }
}

export function showDetail(row: {
  identifiers: { kind: string; value: string }[]
  projections: ProjectionRow[]
}) {
  return {
    identifiers: row.identifiers.map(({ kind, value }) => ({ kind, value })),
    crm: row.projections.map((projection) => ({
      destination: projection.destination,
      object: projection.object,
      external_id: projection.externalId,
      crm_id: projection.crmId,
      written: Object.fromEntries(
        Object.entries(projection.written).map(([field, { value, at, operation }]) => [
          field,
          { value, at: isoOf(at), operation },
        ]),
      ),
    })),
  }
}

export function showOperation(row: Operation): Shown<'Operation'> {
  const { id, destination, object, entity, kind, state, lane, mode, fields, attempts, run } = row
  return {
    id,
    destination,
    object,
    entity,
    external_id: row.externalId,
    kind,
    state,
    lane,
    mode,
    fields,
    attempts,
    created_at: isoOf(row.createdAt),
    due_at: isoOf(row.dueAt),
    not_before: isoOf(row.notBefore),
    finished_at: isoOrAbsent(row.finishedAt),
    run,
    mapping: row.mapping,
    created: row.isCreated,
    error: showErrorIf(row.error),
  }
}

export function showDelivery({
  operation,
  attempt,
  status,
  requestId,
  excerpt,
  request,
  at,
}: Delivery): Shown<'Delivery'> {
  return { operation, attempt, status, request_id: requestId, excerpt, request, at: isoOf(at) }
}

export function showRun({
  id,
  kind,
  scope,
  state,
  startedAt,
  finishedAt,
  counts,
  error,
}: RunRow): Shown<'Run'> {
  return {
    id,
    kind,
    scope,
    state,
    started_at: isoOf(startedAt),
    finished_at: isoOrAbsent(finishedAt),
    took_ms: finishedAt === undefined ? undefined : Math.max(0, finishedAt - startedAt),
    counts: countsOf({ kind, counts }),
    error: showErrorIf(error),
  }
}

export function showDeadLetter({
  id,
  stage,
  connection,
  subject,
  error,
  at,
}: DeadLetter): Shown<'DeadLetter'> {
  return { id, stage, connection, subject, error: showError(error), at: isoOf(at) }
}
