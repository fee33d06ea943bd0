import type { Activity } from '#kit'
import { DAY_MS, dayOf, startOfDay } from '#model'
import type { ActivityInput, ActivityRule, CompiledMapping } from '../../mapping/types.ts'
import type { EngineDeps } from '../deps.ts'
import { hashOrdered, hashParts } from '../hash.ts'
import type { EntityKind, NewOperation, ProjectCommit, TouchpointRow } from '../ports.ts'
import type { VisibleSubject } from './propose.ts'

const TOUCHPOINTS_PER_STEP = 2_000

/** What an activity operation needs to become a CRM activity when it is sent. */
export interface ActivityPayload extends Omit<Activity, 'externalId' | 'on' | 'account'> {
  on: { object: string; entity: string }
}

interface TimelineProposal {
  operations: NewOperation[]
  projections: ProjectCommit['projections']
  /** Ids of dirty items with touchpoints left over; they stay dirty. */
  unfinished: string[]
}

/**
 * Touchpoints that have not been considered yet become activities of the record, by the mapping's rules. An activity's
 * external id is the touchpoint's id, or person + kind + day for a digest, so that it exists once however often it is sent.
 */
export async function proposeActivities(
  deps: EngineDeps,
  mapping: CompiledMapping,
  visible: VisibleSubject[],
  now: number,
): Promise<TimelineProposal> {
  const proposal: TimelineProposal = { operations: [], projections: [], unfinished: [] }
  const rules = mapping.activities.filter((rule) => rule.policy !== 'counter_only')
  if (rules.length === 0 || visible.length === 0 || mapping.from === 'quote') return proposal

  const kind: EntityKind = mapping.from
  const kinds = [...new Set(rules.map((rule) => rule.kind))]
  const items = visible.map(({ entity, projection }) => ({
    root: entity,
    afterSeq: projection?.loggedSeq ?? 0,
  }))
  const rows = await deps.store.project.touchpointsAfter({ kind, items, kinds, limit: TOUCHPOINTS_PER_STEP })
  // What a CRM has told is on its timeline already.
  const isNews = (row: TouchpointRow) => row.connection !== mapping.destination
  const isCut = rows.length === TOUCHPOINTS_PER_STEP
  const lastSeq = rows.at(-1)?.seq ?? 0
  const rowsOf = Map.groupBy(rows, (row) => (kind === 'person' ? row.personRoot : row.accountRoot) ?? '')

  const drafts: NewOperation[] = []
  const days: { subject: VisibleSubject; rule: ActivityRule; day: number; fresh: number }[] = []
  for (const subject of visible) {
    const own = rowsOf.get(subject.entity) ?? []
    const seen = subject.projection?.loggedSeq ?? 0
    const loggedSeq = isCut ? Math.max(seen, lastSeq) : Math.max(seen, own.at(-1)?.seq ?? 0)
    if (isCut) proposal.unfinished.push(subject.item.id)
    if (loggedSeq > seen) {
      proposal.projections.push({
        destination: mapping.destination,
        object: mapping.object,
        entity: subject.entity,
        externalId: subject.externalId,
        loggedSeq,
      })
    }
    for (const rule of rules) {
      const matching = own.filter((row) => row.kind === rule.kind && !row.isMachine && isNews(row))
      if (rule.policy === 'log_each')
        for (const row of matching) drafts.push(logEach(deps, mapping, rule, subject, row, now))
      else
        for (const [day, rows] of Map.groupBy(matching, (row) => dayOf(row.occurredAt)))
          days.push({ subject, rule, day, fresh: rows.length })
    }
  }
  drafts.push(...(await digests(deps, mapping, kind, days, now)))
  await keepChanged(deps, drafts, proposal)
  return proposal
}

/** An activity that was proposed with the same content before is not proposed again (after a merge everything is looked at anew). */
async function keepChanged(
  deps: EngineDeps,
  drafts: NewOperation[],
  proposal: TimelineProposal,
): Promise<void> {
  if (drafts.length === 0) return
  const keys = drafts.map(({ destination, object, entity }) => ({ destination, object, entity }))
  const known = new Map(
    (await deps.store.project.projections(keys)).map((row) => [
      `${row.object} ${row.entity}`,
      row.desiredHash,
    ]),
  )
  for (const draft of drafts) {
    const desiredHash = hashOrdered(draft.activity)
    if (known.get(`${draft.object} ${draft.entity}`) === desiredHash) continue
    const { destination, object, entity, externalId } = draft
    proposal.operations.push(draft)
    proposal.projections.push({ destination, object, entity, externalId, desiredHash })
  }
}

function logEach(
  deps: EngineDeps,
  mapping: CompiledMapping,
  rule: ActivityRule,
  subject: VisibleSubject,
  row: TouchpointRow,
  now: number,
): NewOperation {
  const input = inputOf(row, 1)
  return activityOperation(deps, mapping, rule, subject, {
    externalId: row.id,
    dueAt: now + deps.lanes[activityLane(subject)],
    payload: {
      kind: row.kind,
      subject: rule.subject(input),
      body: rule.body(input),
      occurredAt: row.occurredAt,
      direction: row.direction,
      count: 1,
      on: { object: mapping.object, entity: subject.entity },
    },
  })
}

/**
 * One activity per day, computed from all touchpoints of that day, so that the order of arrival does not show. It is
 * sent at the lane's deadline and, if the day brings more, once more when the day is over.
 */
async function digests(
  deps: EngineDeps,
  mapping: CompiledMapping,
  kind: EntityKind,
  days: { subject: VisibleSubject; rule: ActivityRule; day: number; fresh: number }[],
  now: number,
): Promise<NewOperation[]> {
  if (days.length === 0) return []
  const items = days.map(({ subject, rule, day }) => ({ root: subject.entity, kind: rule.kind, day }))
  const rows = await deps.store.project.touchpointsOfDays({ kind, items })
  const groups = Map.groupBy(
    rows,
    (row) => `${kind === 'person' ? row.personRoot : row.accountRoot} ${row.kind} ${dayOf(row.occurredAt)}`,
  )
  const idOf = await digestIds(deps, mapping, days)
  return days.flatMap(({ subject, rule, day, fresh }) => {
    const group = (groups.get(`${subject.entity} ${rule.kind} ${day}`) ?? []).filter(
      (row) => row.connection !== mapping.destination,
    )
    const latest = group.reduce<TouchpointRow | undefined>(
      (a, b) => (!a || b.occurredAt > a.occurredAt || (b.occurredAt === a.occurredAt && b.id > a.id) ? b : a),
      undefined,
    )
    if (!latest) return []
    const input = inputOf(latest, group.length)
    const deadline = now + deps.lanes[activityLane(subject)]
    return activityOperation(deps, mapping, rule, subject, {
      externalId: idOf({ subject, rule, day }),
      dueAt: group.length > fresh ? Math.max(deadline, startOfDay(day) + DAY_MS) : deadline,
      payload: {
        kind: rule.kind,
        subject: rule.subject(input),
        body: rule.body(input),
        occurredAt: latest.occurredAt,
        direction: latest.direction,
        count: group.length,
        on: { object: mapping.object, entity: subject.entity },
      },
    })
  })
}

interface DigestDay {
  subject: VisibleSubject
  rule: ActivityRule
  day: number
}

const digestId = ({ subject, rule, day }: DigestDay, object: string): string =>
  `dg_${hashParts(subject.externalId, object, rule.kind, String(day)).slice(0, 29)}`

/**
 * By person, object, kind and day. A digest of the lead goes on at the contact that the person became, instead of standing
 * there twice: also one that is still on its way, or whose answer was lost. What was begun under a name keeps it, for
 * whether the lead's is there is another answer a moment later.
 */
async function digestIds(
  deps: EngineDeps,
  mapping: CompiledMapping,
  days: DigestDay[],
): Promise<(day: DigestDay) => string> {
  const { destination, object } = mapping
  const { succeeds } = deps.connections.get(destination)?.connector.destination?.objects[object] ?? {}
  if (!succeeds) return (day) => digestId(day, object)
  const keys = days.flatMap((day) =>
    [object, succeeds].map((name) => ({ destination, object: day.rule.as, entity: digestId(day, name) })),
  )
  const begun = new Set((await deps.store.project.projections(keys)).map(({ entity }) => entity))
  return (day) => {
    const [own, earlier] = [digestId(day, object), digestId(day, succeeds)]
    return begun.has(earlier) && !begun.has(own) ? earlier : own
  }
}

function activityOperation(
  _deps: EngineDeps,
  mapping: CompiledMapping,
  rule: ActivityRule,
  subject: VisibleSubject,
  { externalId, dueAt, payload }: { externalId: string; dueAt: number; payload: ActivityPayload },
): NewOperation {
  const { destination } = mapping
  return {
    id: `op_${hashParts(destination, rule.as, externalId, hashOrdered(payload), String(subject.item.stamp))}`,
    destination,
    object: rule.as,
    entity: externalId,
    externalId,
    lane: activityLane(subject),
    dueAt,
    kind: 'activity',
    fields: { subject: { after: payload.subject, policy: 'always', from: rule.from } },
    links: [{ object: mapping.object, entity: subject.entity, onMiss: 'hold' }],
    match: [],
    onMultiple: 'oldest',
    mode: 'upsert',
    activity: { ...payload },
    mapping: mapping.hash,
  }
}

/** Timeline entries never jump the queue of a new lead's own fields. */
const activityLane = (subject: VisibleSubject) =>
  subject.item.lane === 'backfill' ? 'backfill' : 'touchpoint'

function inputOf(row: TouchpointRow, count: number): ActivityInput {
  return {
    kind: row.kind,
    channel: row.channel,
    occurredAt: row.occurredAt,
    count,
    props: row.props ?? {},
    ...(row.title !== undefined ? { title: row.title } : {}),
    ...(row.url !== undefined ? { url: row.url } : {}),
    ...(row.campaign ? { campaign: row.campaign } : {}),
    ...(row.amount !== undefined && row.currency
      ? { amount: { amount: row.amount, currency: row.currency } }
      : {}),
  }
}
