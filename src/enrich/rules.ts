import type { Enricher, EnrichmentAnswer, EnrichmentQuestion } from '#kit'
import { type Consent, DAY_MS, type Instant, type Method } from '#model'

// biome-ignore lint/suspicious/noExplicitAny: planning never touches the config, whose type differs per connector
export type AnyEnricher = Enricher<any>
export type SubjectKind = EnrichmentQuestion['kind']

/** Golden values of the person or company, and its consent: what a condition of the configuration can read. */
export interface Circumstances {
  values: Readonly<Record<string, unknown>>
  consent?: Consent | null | undefined
  now: Instant
}
export type Condition = (circumstances: Circumstances) => boolean

/** What the configuration says of one field. */
export interface FieldRule {
  /** Who may fill it, in this order; everybody in the order of the waterfall where absent. */
  from?: readonly string[]
  when?: Condition
  /** 0…1: values that are less sure are not taken, and are no reason not to ask. */
  minConfidence?: number
  /** A provider's value that is older is asked for anew. */
  maxAgeMs?: number
}
export type FieldRules = Partial<Record<SubjectKind, Readonly<Record<string, FieldRule>>>>

/** What the configuration says of one provider, for all of its fields. */
export interface ProviderRule {
  when?: Partial<Record<SubjectKind, Condition>>
  minConfidence?: number
  maxAgeMs?: number
}

/** One step of the waterfall: a connection that can enrich, in the order in which it is to be asked. */
export interface WaterfallStep {
  connection: string
  enricher: AnyEnricher
  /** Calls per UTC day; unlimited where absent. */
  dailyBudget?: number | undefined
  /** Answers without telling anyone. By default what the enricher says of itself, and those that infer. */
  isLocal?: boolean
  rule?: ProviderRule
  /** Of this field, by anybody. */
  fields?: FieldRules
}

/** How a golden value is known. */
export interface KnownValue {
  method: Method
  confidence?: number | undefined
  observedAt?: Instant | undefined
}

export const isLocal = ({ isLocal, enricher }: Pick<WaterfallStep, 'isLocal' | 'enricher'>): boolean =>
  isLocal ?? enricher.isLocal ?? enricher.method === 'inferred'

/** Fields that a provider may fill, without those that the configuration gives to others. */
export function fieldsOf({ enricher, connection, fields }: WaterfallStep, kind: SubjectKind): string[] {
  const declared: readonly string[] = enricher.fields[kind] ?? []
  return declared.filter((field) => fields?.[kind]?.[field]?.from?.includes(connection) ?? true)
}

const minConfidence = ({ rule, fields }: WaterfallStep, kind: SubjectKind, field: string): number =>
  fields?.[kind]?.[field]?.minConfidence ?? rule?.minConfidence ?? 0

const maxAge = ({ rule, fields }: WaterfallStep, kind: SubjectKind, field: string): number | undefined =>
  fields?.[kind]?.[field]?.maxAgeMs ?? rule?.maxAgeMs

/**
 * Whether a provider could improve a field: one that nobody has told, a guess, and a provider's value that is too old or
 * not sure enough. What a source asserted is never asked for. `until`: when a value that is known becomes too old.
 */
export function gapOf(
  step: WaterfallStep,
  kind: SubjectKind,
  field: string,
  golden: KnownValue | undefined,
  now: Instant,
): { isOpen: boolean; until?: Instant } {
  if (!golden) return { isOpen: true }
  if (golden.method === 'asserted' || step.enricher.method === 'inferred') return { isOpen: false }
  if (golden.method === 'inferred') return { isOpen: true }
  if ((golden.confidence ?? 1) < minConfidence(step, kind, field)) return { isOpen: true }
  const age = maxAge(step, kind, field)
  if (age === undefined || golden.observedAt === undefined) return { isOpen: false }
  const until = golden.observedAt + age
  return until <= now ? { isOpen: true } : { isOpen: false, until }
}

/** The answer without values that the configuration does not want; nothing left is nothing known. */
export function withoutUnwanted(
  { step }: { step: WaterfallStep },
  kind: SubjectKind,
  answer: EnrichmentAnswer,
): EnrichmentAnswer {
  if (answer.status === 'miss') return answer
  const wanted = fieldsOf(step, kind)
  const fields = Object.fromEntries(
    Object.entries(answer.fields).filter(
      ([field, { confidence }]) => wanted.includes(field) && confidence >= minConfidence(step, kind, field),
    ),
  )
  const isRelated = answer.parent !== undefined || answer.ultimateParent !== undefined
  return Object.keys(fields).length > 0 || isRelated
    ? { ...answer, fields }
    : { status: 'miss', cost: answer.cost }
}

/** Until when an answer is kept: the ledger's `expiresAt`. A shorter age of the configuration counts for hits. */
export function expiryOf(
  { step: { enricher, rule, fields } }: { step: WaterfallStep },
  kind: SubjectKind,
  status: 'hit' | 'miss',
  now: Instant,
): Instant {
  const kept = enricher.keepDays[status] * DAY_MS
  if (status === 'miss') return now + kept
  const own = enricher.fields[kind]?.flatMap((field) => fields?.[kind]?.[field]?.maxAgeMs ?? []) ?? []
  return now + Math.min(rule?.maxAgeMs ?? kept, ...own)
}
