import type { FieldDef, ObjectDef } from './schema.ts'

export type Value = string | number | boolean
/** A stored record by field name; a field without a value is absent. */
export type StoredRecord = { Id: string } & Record<string, Value>

interface Index {
  field: FieldDef
  ids: Map<string, Set<string>>
}

const indexKey = (field: FieldDef, value: Value): string =>
  typeof value === 'string' && !field.isCaseSensitive && field.type !== 'reference'
    ? value.toLowerCase()
    : String(value)

/** The records of one object, with an index per unique field and per field that was looked up by equality. */
export class Table {
  readonly def: ObjectDef
  readonly records = new Map<string, StoredRecord>()
  readonly #indexes = new Map<string, Index>()

  constructor(def: ObjectDef) {
    this.def = def
  }

  /** Live records with this value, in no particular order. Builds the index on first use. */
  lookup(field: FieldDef, value: Value): ReadonlySet<string> {
    return this.#index(field).ids.get(indexKey(field, value)) ?? NONE
  }

  add(record: StoredRecord): void {
    this.records.set(record.Id, record)
    if (record.IsDeleted) return
    for (const index of this.#indexes.values()) this.#link(index, record)
  }

  /** Applies changes (undefined removes the value) and keeps the indexes right. */
  change(record: StoredRecord, changes: Map<string, Value | undefined>): void {
    for (const [name, value] of changes) {
      const index = this.#indexes.get(name)
      if (index && !record.IsDeleted) this.#unlink(index, record)
      if (value === undefined) delete record[name]
      else record[name] = value
      if (index && !record.IsDeleted) this.#link(index, record)
    }
  }

  /** Into the recycle bin: its values no longer count as taken. */
  bin(record: StoredRecord): void {
    for (const index of this.#indexes.values()) this.#unlink(index, record)
    record.IsDeleted = true
  }

  clear(): void {
    this.records.clear()
    this.#indexes.clear()
  }

  #index(field: FieldDef): Index {
    let index = this.#indexes.get(field.name)
    if (!index) {
      index = { field, ids: new Map() }
      this.#indexes.set(field.name, index)
      for (const record of this.records.values()) if (!record.IsDeleted) this.#link(index, record)
    }
    return index
  }

  #link(index: Index, record: StoredRecord): void {
    const value = record[index.field.name]
    if (value === undefined) return
    const key = indexKey(index.field, value)
    const ids = index.ids.get(key)
    if (ids) ids.add(record.Id)
    else index.ids.set(key, new Set([record.Id]))
  }

  #unlink(index: Index, record: StoredRecord): void {
    const value = record[index.field.name]
    if (value === undefined) return
    const key = indexKey(index.field, value)
    const ids = index.ids.get(key)
    ids?.delete(record.Id)
    if (ids?.size === 0) index.ids.delete(key)
  }
}

const NONE: ReadonlySet<string> = new Set()
