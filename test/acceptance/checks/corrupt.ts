import type { VendorResponse } from '../fixtures.ts'
import { type AnyStream, keptRecords, type Reading } from '../subject.ts'

type Json = Record<string, unknown>

export interface Corruption {
  key: string
  /** Its schema refuses it. Some schemas take anything. */
  isUnreadable: boolean
  apply(response: VendorResponse): VendorResponse
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Spoils one record where the vendor's answers hold it: one of its fields gets a shape that nobody expects. Undefined
 * where records are made of something else than objects of the answers (rows of cells).
 */
export function corruptOne(stream: AnyStream, { pages, session }: Reading): Corruption | undefined {
  const bodies = [...session.vendor.used].map(({ response }) => response.body)
  const objects = bodies.flatMap(objectsIn)
  for (const { key, raw } of keptRecords(stream, { pages }).values()) {
    if (!isObject(raw)) continue
    const original = bestOf(objects, raw)
    if (!original) continue
    const fields = Object.keys(original).filter((field) => String(original[field]) !== key)
    const field = fields.find((f) => !stream.record.safeParse(spoil(raw, f)).success)
    const chosen = field ?? fields[0]
    if (chosen === undefined) continue
    const same = JSON.stringify(original)
    const spoilt = spoil(original, chosen)
    return {
      key,
      isUnreadable: field !== undefined,
      apply: (response) => ({ ...response, body: replace(response.body, same, spoilt) }),
    }
  }
  return undefined
}

const spoil = (record: Json, field: string): Json => ({
  ...record,
  [field]: typeof record[field] === 'object' && record[field] !== null ? 'unexpected' : { unexpected: [] },
})

function objectsIn(value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  if (!isObject(value)) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}

/** The object that has most fields in common with the record: pages may complete what the vendor answers. */
function bestOf(objects: Json[], record: Json): Json | undefined {
  let best: { object: Json; common: number } | undefined
  for (const object of objects) {
    const common = Object.keys(object).filter(
      (field) => JSON.stringify(object[field]) === JSON.stringify(record[field]),
    ).length
    if (common >= 2 && common > (best?.common ?? 0)) best = { object, common }
  }
  return best?.object
}

function replace(value: unknown, same: string, by: Json): unknown {
  if (JSON.stringify(value) === same) return by
  if (Array.isArray(value)) return value.map((item) => replace(item, same, by))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replace(part, same, by)]))
}
