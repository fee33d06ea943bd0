import * as z from 'zod'
import type { CrmValue } from '#kit'
import type { Instant } from '#model'

/** A row of a query. Which other fields it has depends on what the integration user may see. */
export const Row = z.looseObject({
  Id: z.string().min(1),
  SystemModstamp: z.string(),
  CreatedDate: z.string().nullish(),
  IsDeleted: z.boolean().nullish(),
})
export type Row = z.output<typeof Row>

export const text = (row: Record<string, unknown>, name: string): string | undefined => {
  const value = row[name]
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

export const number = (row: Record<string, unknown>, name: string): number | undefined => {
  const value = row[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A field of a parent that was selected along: `Owner.Email`. */
export function parentText(row: Record<string, unknown>, relation: string, name: string): string | undefined {
  const parent = row[relation]
  return typeof parent === 'object' && parent !== null
    ? text(parent as Record<string, unknown>, name)
    : undefined
}

/** Date-times come with `+0000`, dates without a time; undefined where there is none. */
export function instant(row: Record<string, unknown>, name: string): Instant | undefined {
  const at = Date.parse((text(row, name) ?? '').replace(/\+0000$/, 'Z'))
  return Number.isNaN(at) ? undefined : at
}

export const held = (row: Row, field: string): { field: string; value: CrmValue } => {
  const value = row[field]
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return { field, value: known ? value : null }
}

/** Without the time stamp, which any write renews, and what REST adds. */
export function contentOf({ SystemModstamp: _stamp, attributes: _about, ...row }: Row): unknown {
  return row
}
