import * as z from 'zod'
import { nearestOrAll } from '#kit'
import { AccountAttributes, PersonAttributes } from '#model'
import type { SourceFile } from './source-file.ts'
import { reportUnknownKey } from './validate.ts'

const names = z.array(z.string(), 'expected names of connections, such as [billing, website]')
const Fields = z.record(
  z.string(),
  z.union(
    [names, z.strictObject({ sources: names.optional(), lock: names.optional() })],
    'expected names of connections, or sources and lock',
  ),
)

/** `survivorship:` of tributary.yaml. */
export const SurvivorshipSchema = z
  .strictObject({
    sources: names.optional(),
    fields: z.strictObject({ person: Fields.optional(), account: Fields.optional() }).optional(),
  })
  .optional()

const ATTRIBUTES = {
  person: Object.keys(PersonAttributes.shape),
  account: Object.keys(AccountAttributes.shape),
}

/** What identity takes as SurvivorshipRules. */
interface Rules {
  sources?: string[]
  fields?: Record<string, { sources?: string[]; lock?: string[] }>
}

export interface Survivorship {
  person: Rules
  account: Rules
}

/** Whom to believe, by kind and field; undefined where nothing is written. */
export function readSurvivorship(
  section: z.output<typeof SurvivorshipSchema>,
  known: readonly string[],
  source: SourceFile,
): Survivorship | undefined {
  if (section === undefined) return undefined
  const check = (list: readonly string[] | undefined, at: (string | number)[]) => {
    for (const [index, name] of (list ?? []).entries())
      if (!known.includes(name))
        source.report(
          [...at, index],
          'config.unknown_connection',
          `unknown connection "${name}"; ${nearestOrAll(name, known)}`,
        )
  }
  const rulesOf = (kind: 'person' | 'account'): Rules => {
    const fields: Record<string, { sources?: string[]; lock?: string[] }> = {}
    for (const [field, written] of Object.entries(section.fields?.[kind] ?? {})) {
      const at = ['survivorship', 'fields', kind, field]
      // Of consent the latest word counts, purpose by purpose, whoever said it.
      const attributes = ATTRIBUTES[kind].filter((name) => name !== 'consent')
      if (!attributes.includes(field)) {
        reportUnknownKey(at, attributes, source)
        continue
      }
      const isList = Array.isArray(written)
      const { sources, lock } = isList ? { sources: written, lock: undefined } : written
      check(sources, isList ? at : [...at, 'sources'])
      check(lock, [...at, 'lock'])
      fields[field] = { ...(sources ? { sources } : {}), ...(lock ? { lock } : {}) }
    }
    return {
      ...(section.sources ? { sources: section.sources } : {}),
      ...(Object.keys(fields).length > 0 ? { fields } : {}),
    }
  }
  check(section.sources, ['survivorship', 'sources'])
  return { person: rulesOf('person'), account: rulesOf('account') }
}
