import { isMap } from 'yaml'
import { type CrmValue, durationMs } from '#kit'
import { isoDate, isoInstant } from '#model'
import { type Compiled, conversionHint } from '../language/compiled.ts'
import { addFindings, newFindings, type OnUnmapped } from '../language/scope.ts'
import type { Env } from '../language/value.ts'
import type { MappedField, WritePolicy } from '../types.ts'
import { compileText, type FileScope } from './expressions.ts'
import {
  DEFAULT_KEYS,
  FIELD_KEYS,
  LOOKUP_KEYS,
  ON_MISS,
  ON_NULL,
  ON_UNMAPPED,
  USER_KEYS,
  WRITE,
} from './keys.ts'
import { type CompiledLink, compileLink } from './links.ts'
import { addressesIn } from './users.ts'
import type { Entry, YamlReader } from './yaml-file.ts'

export interface Policies {
  write: WritePolicy
  onNull: (typeof ON_NULL)[number]
  /** Undefined: warn, or the table's "*" entry where it has one. */
  onUnmapped: OnUnmapped
  /** How long a person's edit holds; undefined: for ever. */
  holdMs: number | undefined
}

/** A field ready to run. */
export interface CompiledField extends MappedField {
  clears: boolean
  /** file:line */
  from: string
  /** Of a field that names a user. */
  onMiss?: 'skip' | 'hold'
  /** undefined: left out. */
  run(env: Env): CrmValue | undefined
}

/** A pattern, because the JSON Schema says the same. */
export const API_NAME = '^[A-Za-z]\\w*$'

export function readPolicies(entry: Entry | undefined, yaml: YamlReader): Policies {
  const standard: Policies = { write: 'if_owned', onNull: 'skip', onUnmapped: 'warn', holdMs: undefined }
  const map = entry && yaml.map(entry, 'defaults')
  return map ? policiesOf(yaml.keys(map, DEFAULT_KEYS, 'defaults'), standard, yaml) : standard
}

function policiesOf(
  keys: Partial<Record<keyof typeof DEFAULT_KEYS, Entry>>,
  defaults: Policies,
  yaml: YamlReader,
): Policies {
  return {
    write: (keys.write && yaml.choice(keys.write, WRITE, 'write')) ?? defaults.write,
    onNull: (keys.on_null && yaml.choice(keys.on_null, ON_NULL, 'on_null')) ?? defaults.onNull,
    onUnmapped:
      (keys.on_unmapped && yaml.choice(keys.on_unmapped, ON_UNMAPPED, 'on_unmapped')) ?? defaults.onUnmapped,
    holdMs: keys.edits_hold ? readHold(keys.edits_hold, yaml) : defaults.holdMs,
  }
}

function readHold(entry: Entry, yaml: YamlReader): number | undefined {
  const source = yaml.scalar(entry, 'edits_hold')
  if (!source || source.text === 'forever') return undefined
  if (/^[1-9]\d{0,4}[hd]$/.test(source.text)) return durationMs(source.text)
  yaml.reporter.report(
    'mapping.type',
    source.offsetAt(0),
    `edits_hold cannot be ${source.text}. Use forever, or hours or days like 12h and 30d.`,
  )
  return undefined
}

export function readFields(entry: Entry | undefined, defaults: Policies, file: FileScope, yaml: YamlReader) {
  const fields: CompiledField[] = []
  const lookups: (CompiledLink & { field: string })[] = []
  const map = entry && yaml.map(entry, 'fields')
  const entries = map ? yaml.entries(map) : []
  for (const each of entries) {
    if (!new RegExp(API_NAME).test(each.name)) {
      yaml.reporter.report(
        'mapping.syntax',
        each.at,
        `${each.name} is not an API name of a field: letters, digits and _ only.`,
      )
    } else if (isMap(each.value) && hasKey(each, yaml, 'lookup', 'by')) {
      const keys = yaml.keys(each.value, LOOKUP_KEYS, `Lookup ${each.name}`)
      const link = compileLink(keys.lookup, keys.by, keys.on_miss, each, file, yaml)
      if (link) lookups.push({ ...link, field: each.name })
    } else {
      const field = readField(each, defaults, file, yaml)
      if (field) fields.push(field)
    }
  }
  if (map && map.items.length === 0)
    yaml.reporter.report('mapping.syntax', yaml.at(entry), 'fields is empty.')
  // Also of fields with problems, so that the tests of the file do not complain about them once more.
  const names = entries.map(({ name }) => name)
  return { fields, lookups, names }
}

const hasKey = (entry: Entry, yaml: YamlReader, ...keys: string[]): boolean =>
  isMap(entry.value) && yaml.entries(entry.value).some(({ name }) => keys.includes(name))

/** How a field is written: short, long, or as the e-mail of a user. */
function keysOf(entry: Entry, yaml: YamlReader) {
  if (!isMap(entry.value)) return { from: entry }
  if (!hasKey(entry, yaml, 'user')) return yaml.keys(entry.value, FIELD_KEYS, `Field ${entry.name}`)
  const { user, on_miss, ...policies } = yaml.keys(entry.value, USER_KEYS, `Field ${entry.name}`)
  const onMiss = (on_miss && yaml.choice(on_miss, ON_MISS, 'on_miss')) ?? ('skip' as const)
  return { ...policies, from: user, onMiss }
}

function readField(
  entry: Entry,
  defaults: Policies,
  file: FileScope,
  yaml: YamlReader,
): CompiledField | undefined {
  const keys: ReturnType<typeof keysOf> & Partial<Record<keyof typeof DEFAULT_KEYS, Entry>> = keysOf(
    entry,
    yaml,
  )
  const onMiss = 'onMiss' in keys ? keys.onMiss : undefined
  const policies = policiesOf(keys, defaults, yaml)
  const source = keys.from && yaml.scalar(keys.from, `The expression of ${entry.name}`)
  const found = newFindings()
  const compiled = source && compileText(source, { ...file, found }, policies.onUnmapped)
  addFindings(file.found, found)
  if (!source || !compiled) return undefined
  const type = fieldType(compiled)
  if (!type) {
    const hint = conversionHint(compiled.type, ['text', 'number'])
    yaml.reporter.report(
      'mapping.type',
      source.offsetAt(0),
      `${entry.name} cannot hold ${compiled.type}.${hint}`,
    )
    return undefined
  }
  if ((policies.write === 'max' || policies.write === 'min') && (type === 'text' || type === 'boolean')) {
    yaml.reporter.report(
      'mapping.type',
      source.offsetAt(0),
      `write: ${policies.write} needs a number or a date; ${entry.name} is ${type}.`,
    )
    return undefined
  }
  if (keys.edits_hold && policies.write !== 'if_owned') {
    yaml.reporter.report(
      'mapping.type',
      keys.edits_hold.at,
      `edits_hold goes with write: if_owned; ${entry.name} is ${policies.write}.`,
    )
    return undefined
  }
  if (onMiss && type !== 'text') {
    yaml.reporter.report(
      'mapping.type',
      source.offsetAt(0),
      `user needs the text of an e-mail address; the expression gives ${compiled.type}.`,
    )
    return undefined
  }
  const place = yaml.reporter.place(entry.at)
  return {
    name: entry.name,
    ...(policies.holdMs !== undefined && policies.write === 'if_owned' ? { holdMs: policies.holdMs } : {}),
    policy: policies.write,
    type,
    place,
    reads: [...found.paths].sort(),
    clears: policies.onNull === 'clear',
    from: `${place.file}:${place.line}`,
    // What is written is the id of whoever has the address, not the text.
    ...(onMiss ? { onMiss, user: addressesIn(source.text, file.tables) } : {}),
    ...(compiled.values && type === 'text' && !onMiss ? { values: compiled.values } : {}),
    ...(compiled.maxLength !== undefined && type === 'text' && !onMiss
      ? { maxLength: compiled.maxLength }
      : {}),
    ...(compiled.isSure ? { isSure: true } : {}),
    run: toCrm(compiled),
  }
}

function fieldType({ type }: Compiled): MappedField['type'] | undefined {
  if (type === 'text' || type === 'number' || type === 'boolean' || type === 'date' || type === 'datetime')
    return type
  return type === 'null' ? 'unknown' : undefined
}

/** Dates leave as ISO texts; everything else is already what a CRM takes. */
function toCrm({ type, run }: Compiled): CompiledField['run'] {
  if (type === 'date' || type === 'datetime') {
    const format = type === 'date' ? isoDate : isoInstant
    return (env) => {
      const value = run(env)
      return typeof value === 'number' ? format(value) : value === null ? null : undefined
    }
  }
  return (env) => asCrmValue(run(env))
}

/** The checker admits only these types to a field; -0 is 0 to every CRM. */
function asCrmValue(value: unknown): CrmValue | undefined {
  if (typeof value === 'number') return value === 0 ? 0 : value
  return typeof value === 'string' || typeof value === 'boolean' || value === null ? value : undefined
}
