import type { EntityKind, EntityRow } from '../engine/ports.ts'

export interface GoldenView {
  values: Record<string, unknown>
  /** Field → "connection/stream/key#slot" of the contribution that won. */
  sources: Record<string, string>
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Golden values and, under `$sources`, where each was taken from: as projecting stores them. */
export function readGolden(golden: Record<string, unknown>): GoldenView {
  const { $sources: sources, $standing: _, $employer: __, $household: ___, ...values } = golden
  return { values, sources: isObject(sources) ? (sources as Record<string, string>) : {} }
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/** How people call it: full name, given and family name; company name. Without one, what best tells it apart. */
export function displayName({ id, kind, golden, identifier }: EntityRow): string {
  const { values } = readGolden(golden)
  return nameOf(kind, values) || identifier || id
}

/** An account that is no more than a billing id stands for a private customer, not for a company. */
export const isCompany = ({ golden }: EntityRow): boolean =>
  nameOf('account', readGolden(golden).values) !== ''

function nameOf(kind: EntityKind, values: Record<string, unknown>): string {
  if (kind === 'account') return text(values.name) || text(values.domain)
  const parts = [text(values.first_name), text(values.last_name)].filter(Boolean).join(' ')
  return text(values.full_name) || parts || text(values.email)
}
