import type { Lane } from '#kit'
import type { Contribution } from '#model'
import { MATCHED_ACCOUNT_FIELDS } from '../../identity/match/company.ts'
import { MATCHED_FIELDS } from '../../identity/match/person.ts'
import { moreUrgent } from '../connection.ts'
import type { EngineDeps } from '../deps.ts'
import { hashParts } from '../hash.ts'
import type { DirtyMark, EntityKind } from '../ports.ts'
import type { Facts, MappedRecord } from './facts.ts'
import type { Standing } from './resolve-mentions.ts'

/** Whom a chunk of records concerns: people, their accounts, quotes; each once, in the most urgent lane. */
export async function dirtyMarks(
  deps: EngineDeps,
  mapped: MappedRecord[],
  facts: Facts,
  resolution: Standing,
  now: number,
): Promise<DirtyMark[]> {
  const isMatching = deps.matching.mode !== 'off'
  const marks = new Map<string, DirtyMark>()
  const add = (stage: DirtyMark['stage'], kind: DirtyMark['kind'], id: string, lane: Lane) => {
    const key = `${stage} ${id}`
    const held = marks.get(key)
    const urgent = held ? moreUrgent(held.lane, lane) : lane
    marks.set(key, { stage, kind, id, lane: urgent, dueAt: now + deps.lanes[urgent] })
  }
  const newEmails = new Set(resolution.identifiers.filter((id) => id.kind === 'email').map((id) => id.entity))
  const touchedPeople = new Map<string, Lane>()
  const isAsked = deps.enrich.order.length > 0

  for (const { record, contributions } of mapped) {
    const isEntity = contributions.some((c) => c.type === 'person' || c.type === 'account')
    const isCompared = {
      person: isMatching && contributions.some(tellsWhoItIs),
      account: isMatching && contributions.some(tellsWhichCompany),
    }
    for (const mention of facts.mentionsOf.get(record) ?? []) {
      const root = resolution.roots[mention]
      if (!root) continue
      const kind = facts.mentions[mention]!.entityKind
      const base = resolution.bases[mention] ?? root
      const isNewLead = kind === 'person' && record.lane !== 'backfill' && newEmails.has(base)
      const lane = isNewLead ? 'lead' : record.lane
      add('project', kind, root, lane)
      if (isEntity && isAsked) add('enrich', kind, root, lane)
      if (kind === 'person') touchedPeople.set(root, lane)
      if (isCompared[kind]) add('match', kind, base, lane)
    }
    for (const contribution of contributions) {
      if (contribution.type === 'document' && contribution.document.type === 'quote') {
        add(
          'project',
          'quote',
          `doc_${hashParts(record.connection, 'quote', contribution.document.key)}`,
          record.lane,
        )
      }
    }
  }
  // What follows from a backfill leaves with it, and not half read before it.
  const implied = mapped.every(({ record }) => record.lane === 'backfill') ? 'backfill' : 'touchpoint'
  for (const { to } of resolution.merges) add('project', kindOf(to), to, implied)
  for (const { from, to } of resolution.reroots) {
    add('project', 'person', from, implied)
    add('project', 'person', to, implied)
  }
  // The domain of somebody's address is all that is known of many a new company.
  if (isMatching)
    for (const { id, kind } of resolution.created) if (kind === 'account') add('match', kind, id, implied)
  if (isMatching || resolution.rebases.length > 0)
    for (const id of otherThanBefore(resolution)) add('match', kindOf(id), id, implied)
  const addAccount = (person: string, account: string | undefined) => {
    if (account) add('project', 'account', account, touchedPeople.get(person) ?? implied)
  }
  const created = new Set(resolution.created.map(({ id }) => id))
  const unknown = [...touchedPeople.keys()].filter((id) => !resolution.accounts.has(id) && !created.has(id))
  for (const id of touchedPeople.keys()) addAccount(id, resolution.accounts.get(id))
  if (unknown.length > 0)
    for (const { root, account } of await deps.store.absorb.rootsOf(unknown)) addAccount(root, account)
  return [...marks.values()]
}

const kindOf = (id: string): EntityKind => (id.startsWith('acc_') ? 'account' : 'person')

/** Whose identifiers came together or went apart: what they are compared by is another set of facts now. */
const otherThanBefore = ({ joined, moved }: Standing): Set<string> =>
  new Set([
    ...joined.flatMap(({ from, to }) => [from, to]),
    ...moved.flatMap(({ entity, from, to }) => [entity, from, to]),
  ])

function tellsWhoItIs(said: Contribution): boolean {
  if (said.type !== 'person') return false
  if (said.identifiers.some(({ kind }) => kind === 'email')) return true
  const attributes: Record<string, unknown> = said.attributes
  return MATCHED_FIELDS.some((field) => typeof attributes[field] === 'string')
}

/** People name their employer, which counts where nobody says more of the company. */
function tellsWhichCompany(said: Contribution): boolean {
  if (said.type === 'person') return typeof said.attributes.company_name === 'string'
  if (said.type !== 'account') return false
  const attributes: Record<string, unknown> = said.attributes
  return (
    said.parent !== undefined ||
    said.ultimate_parent !== undefined ||
    said.identifiers.some(({ kind }) => kind === 'domain') ||
    MATCHED_ACCOUNT_FIELDS.some((field) => typeof attributes[field] === 'string')
  )
}
