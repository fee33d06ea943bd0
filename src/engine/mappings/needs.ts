import type { FieldNeed } from '#kit'
import type { CompiledMapping } from '../../mapping/types.ts'

const TYPES = {
  text: 'text',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  unknown: 'text',
} as const

/** The fields that mappings write, per object of one destination; what `setup` compares with the CRM. */
export function fieldNeeds(
  mappings: CompiledMapping[],
  destination: string,
): Record<string, Record<string, FieldNeed>> {
  const needs: Record<string, Record<string, FieldNeed>> = {}
  for (const mapping of mappings) {
    if (mapping.destination !== destination || mapping.mode === 'off') continue
    needs[mapping.object] ??= {}
    const fields = needs[mapping.object]!
    for (const { name, type, lookup } of mapping.fields)
      if (!lookup) fields[name] = { type: TYPES[type], label: labelOf(name) }
    for (const { as, policy } of mapping.activities) if (policy !== 'counter_only') needs[as] ??= {}
  }
  return needs
}

/** `Visits_30d__c` → "Visits 30d", `tributary_mrr` → "Tributary mrr". */
function labelOf(name: string): string {
  const words = name.replace(/__c$/, '').replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
