import type { FieldDescription, InventoryRecord } from '#kit'
import { instantOf } from '../../hygiene/index.ts'
import { isEmpty } from '../deciding/same-value.ts'
import type { EngineDeps } from '../deps.ts'
import type { Layout } from './scan.ts'

export interface FieldUse {
  object: string
  field: string
  label?: string
  type: FieldDescription['type']
  records: number
  /** Records that hold something other than false. */
  filled: number
  /** Of all records, 0–1. */
  rate: number
  /** When the newest record was made that holds something. */
  newest?: string
  /** When a record that holds something was last changed, in whatever field. */
  changed?: string
  /** A mapping of ours writes it. */
  isMapped: boolean
  /** drop: hardly filled, not required, written by no mapping. fading: once filled, and no record of the last half year is. */
  advice?: 'drop' | 'fading'
}

/** A field below that is hardly used. */
const LITTLE = 0.1
const FADING_MS = 183 * 86_400_000

interface Count {
  description: FieldDescription
  filled: number
  newest: number
  changed: number
}

/** How far each field is filled: a few numbers a field. */
export class FieldUses {
  #objects = new Map<string, { records: number; newest: number; counts: Map<string, Count> }>()

  open({ object, fields }: Layout): void {
    const counts = new Map(
      [...fields.values()].map((description): [string, Count] => [
        description.name,
        { description, filled: 0, newest: Number.NEGATIVE_INFINITY, changed: Number.NEGATIVE_INFINITY },
      ]),
    )
    this.#objects.set(object, { records: 0, newest: Number.NEGATIVE_INFINITY, counts })
  }

  add({ object, spec }: Layout, { fields }: InventoryRecord): void {
    const own = this.#objects.get(object)!
    const madeAt = instantOf(fields[spec.fields.created_at ?? '']) ?? Number.NEGATIVE_INFINITY
    const changedAt = instantOf(fields[spec.fields.modified_at ?? '']) ?? madeAt
    own.records++
    own.newest = Math.max(own.newest, madeAt)
    for (const [name, count] of own.counts) {
      const value = fields[name]
      if (isEmpty(value) || value === false) continue
      count.filled++
      count.newest = Math.max(count.newest, madeAt)
      count.changed = Math.max(count.changed, changedAt)
    }
  }

  /** The least filled first. */
  report(deps: EngineDeps, destination: string): FieldUse[] {
    const mapped = new Set(
      deps
        .mappings()
        .filter((m) => m.destination === destination && m.mode !== 'off')
        .flatMap((m) => m.fields.map((field) => `${m.object} ${field.name}`)),
    )
    const uses = [...this.#objects].flatMap(([object, { records, newest, counts }]) =>
      [...counts.values()].map((count) =>
        useOf(object, records, newest, count, mapped.has(`${object} ${count.description.name}`)),
      ),
    )
    return uses.sort(
      (a, b) =>
        (a.object < b.object ? -1 : a.object > b.object ? 1 : 0) ||
        a.rate - b.rate ||
        (a.field < b.field ? -1 : 1),
    )
  }
}

function useOf(
  object: string,
  records: number,
  newestOfAll: number,
  count: Count,
  isMapped: boolean,
): FieldUse {
  const { description, filled, newest, changed } = count
  const { name, label, type, isWritable, isRequired, isExternalId } = description
  const rate = records === 0 ? 0 : filled / records
  const mayGo = records > 0 && isWritable && !isRequired && !isExternalId && !isMapped
  const isFading = filled > 0 && newestOfAll - newest > FADING_MS
  const advice = mayGo && rate < LITTLE ? 'drop' : mayGo && isFading ? 'fading' : undefined
  return {
    object,
    field: name,
    ...(label === undefined ? {} : { label }),
    type,
    records,
    filled,
    rate,
    ...(Number.isFinite(newest) ? { newest: iso(newest) } : {}),
    ...(Number.isFinite(changed) ? { changed: iso(changed) } : {}),
    isMapped,
    ...(advice ? { advice } : {}),
  }
}

const iso = (at: number): string => new Date(at).toISOString()
