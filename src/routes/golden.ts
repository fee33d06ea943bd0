import type { EntityKind } from '../engine/ports.ts'

export interface GoldenView {
  values: Record<string, unknown>
  /** Field → "connection/stream/key#slot" of the contribution that won. */
  sources: Record<string, string>
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Golden values and, under `$sources`, where each was taken from: as projecting stores them. */
export function readGolden(golden: Record<string, unknown>): GoldenView {
  const { $sources: sources, ...values } = golden
  return { values, sources: isObject(sources) ? (sources as Record<string, string>) : {} }
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')

/** How people call it: full name, given and family name, e-mail; company name or domain. */
export function displayName(kind: EntityKind, values: Record<string, unknown>): string | undefined {
  if (kind === 'account') return text(values.name) || text(values.domain) || undefined
  const parts = [text(values.first_name), text(values.last_name)].filter(Boolean).join(' ')
  return text(values.full_name) || parts || text(values.email) || undefined
}
