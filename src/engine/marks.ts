import type { Lane } from '#kit'
import type { Resolution } from '../identity/index.ts'
import { moreUrgent } from './connection.ts'
import type { EngineDeps } from './deps.ts'
import type { Facts, MappedRecord } from './facts.ts'
import { hashParts } from './hash.ts'
import type { DirtyMark } from './ports.ts'

/** Whom a chunk of records concerns: people, their accounts, quotes; each once, in the most urgent lane. */
export async function dirtyMarks(
  deps: EngineDeps,
  mapped: MappedRecord[],
  facts: Facts,
  resolution: Resolution,
  now: number,
): Promise<DirtyMark[]> {
  const marks = new Map<string, DirtyMark>()
  const add = (stage: DirtyMark['stage'], kind: DirtyMark['kind'], id: string, lane: Lane) => {
    const key = `${stage} ${id}`
    const held = marks.get(key)
    const urgent = held ? moreUrgent(held.lane, lane) : lane
    marks.set(key, { stage, kind, id, lane: urgent, dueAt: now + deps.lanes[urgent] })
  }
  const newEmails = new Set(resolution.identifiers.filter((id) => id.kind === 'email').map((id) => id.entity))
  const touchedPeople = new Map<string, Lane>()

  for (const { record, contributions } of mapped) {
    const isEntity = contributions.some((c) => c.type === 'person' || c.type === 'account')
    for (const mention of facts.mentionsOf.get(record) ?? []) {
      const root = resolution.roots[mention]
      if (!root) continue
      const kind = facts.mentions[mention]!.entityKind
      const isNewLead = kind === 'person' && record.lane !== 'backfill' && newEmails.has(root)
      const lane = isNewLead ? 'lead' : record.lane
      add('project', kind, root, lane)
      if (isEntity) add('enrich', kind, root, lane)
      if (kind === 'person') touchedPeople.set(root, lane)
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
  for (const { to } of resolution.merges)
    add('project', to.startsWith('acc_') ? 'account' : 'person', to, 'touchpoint')
  for (const { from, to } of resolution.reroots) {
    add('project', 'person', from, 'touchpoint')
    add('project', 'person', to, 'touchpoint')
  }
  if (touchedPeople.size > 0) {
    for (const { root, account } of await deps.store.absorb.rootsOf([...touchedPeople.keys()])) {
      if (account) add('project', 'account', account, touchedPeople.get(root) ?? 'touchpoint')
    }
  }
  return [...marks.values()]
}
