import type * as z from 'zod'
import { countryCode } from '#kit'
import { AccountAttributes, PersonAttributes } from '#model'

/** What stands at `company.offices[0].city`; undefined where nothing does. */
export function valueAt(body: unknown, place: string): unknown {
  return place
    .split(/[.[\]]+/)
    .filter(Boolean)
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      body,
    )
}

const SHAPES: Record<'account' | 'person', z.ZodObject> = {
  account: AccountAttributes,
  person: PersonAttributes,
}

/** A value as the field wants it; undefined where it cannot be read as such. */
export function asField(kind: 'account' | 'person', field: string, value: unknown): unknown {
  if (value === undefined || value === null) return undefined
  const schema = SHAPES[kind].shape[field] as z.ZodType
  const candidates =
    field === 'country' ? [countryCode(String(value))] : [value, asNumber(value), asText(value)]
  return candidates.find((candidate) => candidate !== undefined && schema.safeParse(candidate).success)
}

const asText = (value: unknown): string | undefined =>
  typeof value === 'object' || typeof value === 'boolean' ? undefined : String(value).trim()

const asNumber = (value: unknown): number | undefined => {
  if (typeof value !== 'string' || !/^\s*-?[\d,_ ]+(?:\.\d+)?\s*$/.test(value)) return undefined
  const number = Number(value.replace(/[,_ ]/g, ''))
  return Number.isFinite(number) ? number : undefined
}
