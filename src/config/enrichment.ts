import * as z from 'zod'
import { enricherOf, nearestOrAll } from '#kit'
import { AccountAttributes, PersonAttributes } from '#model'
import type { Condition, FieldRule, FieldRules, ProviderRule, SubjectKind } from '../enrich/index.ts'
import { compileCondition } from '../mapping/index.ts'
import { duration } from './duration.ts'
import type { Path, SourceFile } from './source-file.ts'
import type { ConnectionConfig } from './types.ts'
import { reportUnknownKey } from './validate.ts'

const terms = {
  minConfidence: z.number().min(0).max(1, 'expected a number from 0 to 1').optional(),
  maxAge: duration().optional(),
}
const names = z.array(z.string(), 'expected names of connections, such as [people-data-labs]')
const Fields = z.record(
  z.string(),
  z.union(
    [names, z.strictObject({ from: names.optional(), when: z.string().optional(), ...terms })],
    'expected names of connections, or from, when, minConfidence and maxAge',
  ),
)

/** `enrich:` of tributary.yaml. */
export const EnrichSchema = z
  .strictObject({
    order: z.array(z.string()).optional(),
    grace: duration().prefault('2s'),
    perLead: z.int().min(0).optional(),
    providers: z
      .record(
        z.string(),
        z.strictObject({
          when: z.strictObject({ person: z.string().optional(), account: z.string().optional() }).optional(),
          ...terms,
        }),
      )
      .optional(),
    fields: z.strictObject({ person: Fields.optional(), account: Fields.optional() }).optional(),
  })
  .prefault({})
type Section = z.output<typeof EnrichSchema>

/** What the stage takes; see EnrichOptions of the engine. */
export interface Enrichment {
  /** Connection names, asked in this order. */
  order: string[]
  /** How long projecting waits for enrichment of a new entity. */
  graceMs: number
  providers?: Record<string, ProviderRule>
  fields?: FieldRules
  /** Most look-ups of third parties about one person or company. */
  perEntity?: number
}

const ATTRIBUTES = {
  person: Object.keys(PersonAttributes.shape),
  account: Object.keys(AccountAttributes.shape),
}
const KINDS = ['account', 'person'] as const

/** The waterfall: as written, or every connection that can enrich, in the order of the file. */
export function readEnrichment(
  section: Section,
  connections: readonly ConnectionConfig[],
  known: readonly string[],
  source: SourceFile,
): Enrichment {
  const order = readOrder(section.order, connections, known, source)
  const providers: Record<string, ProviderRule> = {}
  for (const [name, { when, minConfidence, maxAge }] of Object.entries(section.providers ?? {})) {
    const at = ['enrich', 'providers', name]
    checkName(name, order, at, source, true)
    const conditions: Partial<Record<SubjectKind, Condition>> = {}
    for (const kind of KINDS) {
      const text = when?.[kind]
      const condition =
        text === undefined ? undefined : readCondition(text, kind, [...at, 'when', kind], source)
      if (condition) conditions[kind] = condition
    }
    providers[name] = {
      ...(when ? { when: conditions } : {}),
      ...(minConfidence !== undefined ? { minConfidence } : {}),
      ...(maxAge !== undefined ? { maxAgeMs: maxAge } : {}),
    }
  }
  const fields: Partial<Record<SubjectKind, Record<string, FieldRule>>> = {}
  for (const kind of KINDS)
    for (const [field, written] of Object.entries(section.fields?.[kind] ?? {})) {
      const at = ['enrich', 'fields', kind, field]
      if (!ATTRIBUTES[kind].includes(field)) {
        reportUnknownKey(at, ATTRIBUTES[kind], source)
        continue
      }
      const isList = Array.isArray(written)
      const { from, when, minConfidence, maxAge } = isList
        ? { from: written }
        : { from: undefined, ...written }
      const path = isList ? at : [...at, 'from']
      const fillers = order.filter((name) => fills(name, kind, field, connections))
      for (const [index, name] of (from ?? []).entries()) {
        if (!checkName(name, order, [...path, index], source)) continue
        if (!fillers.includes(name))
          source.report(
            [...path, index],
            'config.invalid',
            `${name} knows nothing of ${kind}.${field}; ${nearestOrAll(name, fillers)}`,
          )
      }
      const condition = when === undefined ? undefined : readCondition(when, kind, [...at, 'when'], source)
      const rule = {
        ...(from ? { from } : {}),
        ...(condition ? { when: condition } : {}),
        ...(minConfidence !== undefined ? { minConfidence } : {}),
        ...(maxAge !== undefined ? { maxAgeMs: maxAge } : {}),
      }
      fields[kind] = { ...fields[kind], [field]: rule }
    }
  return {
    order,
    graceMs: section.grace,
    ...(section.perLead !== undefined ? { perEntity: section.perLead } : {}),
    ...(section.providers ? { providers } : {}),
    ...(section.fields ? { fields } : {}),
  }
}

function readOrder(
  written: string[] | undefined,
  connections: readonly ConnectionConfig[],
  known: readonly string[],
  source: SourceFile,
): string[] {
  const enrichers = connections.filter(({ connector }) => connector.enricher).map(({ name }) => name)
  for (const [index, name] of (written ?? []).entries()) {
    const at = ['enrich', 'order', index]
    if (!known.includes(name)) {
      source.report(
        at,
        'config.unknown_connection',
        `unknown connection "${name}"; ${nearestOrAll(name, known)}`,
      )
    } else if (connections.some((connection) => connection.name === name && !connection.connector.enricher)) {
      source.report(
        at,
        'config.invalid',
        `the connection "${name}" cannot enrich; ${nearestOrAll(name, enrichers)}`,
      )
    }
    if (written!.indexOf(name) !== index) source.report(at, 'config.invalid', `"${name}" is listed twice`)
  }
  return written ?? connections.filter(isAskedByDefault).map(({ name }) => name)
}

function isAskedByDefault({ connector, config }: ConnectionConfig): boolean {
  const enricher = enricherOf(connector, config)
  return enricher !== undefined && (enricher.isAskedByDefault?.(config) ?? true)
}

/** Only who is in the waterfall is ever asked. */
function checkName(
  name: string,
  order: readonly string[],
  at: Path,
  source: SourceFile,
  onKey = false,
): boolean {
  if (order.includes(name)) return true
  source.report(
    at,
    'config.unknown_connection',
    `"${name}" is not among the connections that are asked; ${nearestOrAll(name, [...order])}`,
    onKey,
  )
  return false
}

/** A connection with a problem of its own is taken at its word: its connector is not known here. */
function fills(
  name: string,
  kind: SubjectKind,
  field: string,
  connections: readonly ConnectionConfig[],
): boolean {
  const found = connections.find((connection) => connection.name === name)
  const declared: readonly string[] | undefined =
    found && enricherOf(found.connector, found.config)?.fields[kind]
  return !found || (declared?.includes(field) ?? false)
}

function readCondition(text: string, kind: SubjectKind, at: Path, source: SourceFile): Condition | undefined {
  const { holds, problems } = compileCondition(text, kind)
  for (const { start, message } of problems)
    source.report(at, 'config.invalid', `${at.slice(1).join('.')}: ${message}`, false, start)
  return (
    holds && (({ values, consent, now }) => holds({ now, [kind]: values, ...(consent ? { consent } : {}) }))
  )
}
