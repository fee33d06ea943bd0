import type { CompiledMapping } from '../../src/mapping/index.ts'
import type { Sandboxes } from './sandboxes.ts'

/** Both CRMs: object → records with their values, references and associations, in a fixed order. */
export type Content = Record<string, Row[]>
export type Row = Record<string, unknown>

/**
 * What both CRMs hold, without ids: our own keys are replaced by what they stand for (e-mail, domain, name), because
 * which of several identifiers of one person came first decides the key and nothing else.
 */
export function contentOf({ salesforce, hubspot }: Pick<Sandboxes, 'salesforce' | 'hubspot'>): Content {
  const held: Content = {}
  for (const [object, rows] of Object.entries(salesforce.snapshot())) held[`salesforce ${object}`] = rows
  const { records, associations } = hubspot.snapshot()
  for (const [object, byKey] of Object.entries(records)) held[`hubspot ${object}`] = Object.values(byKey)
  held['hubspot associations'] = associations.map((pair) => ({ pair }))

  const names = new Map<string, string>()
  for (const rows of Object.values(held)) {
    for (const row of rows) {
      const key = row.Tributary_Id__c ?? row.tributary_id
      const name = row.Email ?? row.email ?? row.domain ?? row.Website ?? row.Name ?? row.name
      if (typeof key === 'string' && /^(per|acc)_/.test(key)) names.set(key, nameOf(key, String(name)))
    }
  }
  const renamed = (text: string) =>
    text
      .replace(/\b(?:per|acc)_[0-9a-f]{24}\b/g, (key) => names.get(key) ?? `${key} (unknown)`)
      .replace(/\bdg_[0-9a-f]{29}\b/g, 'digest')
  return Object.fromEntries(
    Object.entries(held).map(([object, rows]) => {
      const texts = rows.map((row) => renamed(JSON.stringify(row, Object.keys(row).sort())))
      return [object, texts.sort().map((text) => JSON.parse(text) as Row)]
    }),
  )
}

const nameOf = (key: string, name: string) =>
  `${key.startsWith('per_') ? 'person' : 'account'} ${name.toLowerCase().replace(/^(?:https?:\/\/)?(?:www\.)?/, '')}`

/**
 * Leaves out what by its policy keeps the value of the first write: it depends on when that was, which is what such a
 * policy is for.
 */
export function withoutFirstWritten(content: Content, mappings: CompiledMapping[]): Content {
  const fields = new Map<string, Set<string>>()
  for (const mapping of mappings) {
    const names = mapping.fields.filter(({ policy }) => policy === 'once' || policy === 'if_empty')
    fields.set(`${mapping.destination} ${mapping.object}`, new Set(names.map(({ name }) => name)))
  }
  return Object.fromEntries(
    Object.entries(content).map(([object, rows]) => {
      const left = rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !fields.get(object)?.has(name))),
      )
      return [object, left.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))]
    }),
  )
}

/** Records and activities that exist twice: same key of ours, or same e-mail on two people of one object. */
export function duplicatesIn({ salesforce, hubspot }: Pick<Sandboxes, 'salesforce' | 'hubspot'>): string[] {
  const seen = new Map<string, number>()
  const count = (text: string) => seen.set(text, (seen.get(text) ?? 0) + 1)
  for (const object of ['Account', 'Contact', 'Lead', 'Opportunity', 'Task']) {
    for (const record of salesforce.records(object)) {
      count(`salesforce ${object} key ${record.Tributary_Id__c}`)
      if (record.Email) count(`salesforce ${object} e-mail ${String(record.Email).toLowerCase()}`)
    }
  }
  for (const object of ['companies', 'contacts', 'deals', 'notes', 'emails', 'communications']) {
    for (const { properties } of hubspot.records(object)) {
      count(`hubspot ${object} key ${properties.tributary_id}`)
      if (properties.email) count(`hubspot ${object} e-mail ${properties.email}`)
    }
  }
  return [...seen].filter(([, times]) => times > 1).map(([text, times]) => `${text}: ${times} times`)
}

/** Records written so far, counted by the simulators; a repeat that changes nothing counts too. */
export const writesOf = ({ salesforce, hubspot }: Pick<Sandboxes, 'salesforce' | 'hubspot'>) => ({
  salesforce: salesforce.writes.items,
  hubspot: { ...hubspot.writes },
})
