import type { EnrichmentQuestion } from '#kit'
import type { AccountAttributes, Consent, PersonAttributes } from '#model'
import type { KnownValue, Subject } from '../../enrich/index.ts'
import { normaliseEmail, surviving } from '../../identity/index.ts'
import type { EngineDeps } from '../deps.ts'
import type { ContributionRow, EntityKind } from '../ports.ts'
import { refOf } from '../projecting/views.ts'

const GUESSABLE = new Set(['name', 'first_name', 'last_name', 'country'])

/** What is known of an entity, as the waterfall wants it: the question, and how each field is known. */
export function toSubject(
  { survivorship }: Pick<EngineDeps, 'survivorship'>,
  kind: EntityKind,
  rows: ContributionRow[],
): Subject {
  const byRef = new Map(rows.map((row) => [refOf(row), row]))
  const claims = rows.map((row) => ({ ...row, ref: refOf(row) }))
  const golden = surviving(claims, survivorship?.[kind])
  const goldenFields: Record<string, KnownValue | undefined> = {}
  for (const [field, value] of Object.entries(golden.values)) {
    const row = byRef.get(golden.sources[field]!)
    if (value === null || value === '' || !row) continue
    goldenFields[field] = { method: row.method, confidence: row.confidence, observedAt: row.observedAt }
  }
  // A guess is nothing to look somebody up by.
  const isKnown = ([field]: [string, unknown]) =>
    !GUESSABLE.has(field) || goldenFields[field]?.method !== 'inferred'
  const known = Object.fromEntries(Object.entries(golden.values).filter(isKnown))
  const question = kind === 'person' ? personQuestion(known) : accountQuestion(known)
  const consent = golden.values.consent as Consent | undefined
  return { question, goldenFields, values: golden.values, consent }
}

function personQuestion(values: PersonAttributes): EnrichmentQuestion {
  const email = values.email ? normaliseEmail(values.email) : undefined
  const name = values.full_name || [values.first_name, values.last_name].filter(Boolean).join(' ')
  return {
    kind: 'person',
    ...(email ? { email } : {}),
    ...(name ? { name } : {}),
    ...(values.country ? { country: values.country } : {}),
    ...(values.phone ? { phone: values.phone } : {}),
  }
}

function accountQuestion(values: AccountAttributes): EnrichmentQuestion {
  return {
    kind: 'account',
    ...(values.domain ? { domain: values.domain } : {}),
    ...(values.name ? { name: values.name } : {}),
    ...(values.country ? { country: values.country } : {}),
    ...(values.phone ? { phone: values.phone } : {}),
  }
}
