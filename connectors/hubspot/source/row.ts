import * as z from 'zod'
import type { Instant } from '#model'

/** A record, and what was read about it besides. */
export const Row = z.looseObject({
  id: z.coerce.string().min(1),
  properties: z.record(z.string(), z.unknown()).default({}),
  /** Where it was merged into. */
  movedTo: z.string().nullish(),
  /** Ids of associated records, ascending. */
  contacts: z.array(z.coerce.string()).nullish(),
  companies: z.array(z.coerce.string()).nullish(),
  owner_email: z.string().nullish(),
})
export type Row = z.output<typeof Row>

export const text = ({ properties }: Row, name: string): string | undefined => {
  const value = properties[name]
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

export const number = (row: Row, name: string): number | undefined => {
  const value = text(row, name)
  return value === undefined || Number.isNaN(Number(value)) ? undefined : Number(value)
}

/** ISO 8601, or milliseconds as text. */
export function instant(row: Row, name: string): Instant | undefined {
  const value = text(row, name)
  const at = value === undefined ? Number.NaN : /^\d+$/.test(value) ? Number(value) : Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

const STAMPS = ['lastmodifieddate', 'hs_lastmodifieddate']

export const versionOf = (row: Row): Instant | undefined =>
  instant(row, STAMPS[0]!) ?? instant(row, STAMPS[1]!)

/** Without the time stamp, which any write renews. */
export const contentOf = ({ properties, ...row }: Row): unknown => ({
  ...row,
  properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !STAMPS.includes(name))),
})
