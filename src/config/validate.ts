import type * as z from 'zod'
import { nearestOrAll } from '#kit'
import { isIncomplete } from './references.ts'
import type { Path, SourceFile } from './source-file.ts'

interface Definition {
  type: string
  innerType?: z.ZodType
  in?: z.ZodType
  element?: z.ZodType
  valueType?: z.ZodType
  shape?: Record<string, z.ZodType>
}
const definitionOf = (schema: z.ZodType): Definition => schema.def as unknown as Definition

function unwrap(schema: z.ZodType): z.ZodType {
  const { innerType, in: input } = definitionOf(schema)
  const inner = innerType ?? input
  return inner ? unwrap(inner) : schema
}

/** Keys that the schema knows at a path; empty where it is not an object. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let current = unwrap(schema)
  for (const key of path) {
    const { shape, element, valueType } = definitionOf(current)
    const next = shape?.[String(key)] ?? element ?? valueType
    if (!next) return []
    current = unwrap(next)
  }
  return Object.keys(definitionOf(current).shape ?? {})
}

/**
 * Validates a part of the file. Unknown keys name the nearest known one; problems are placed; values are not quoted.
 * Numbers and booleans may come from the environment, where everything is text.
 */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  at: Path,
  source: SourceFile,
): z.output<S> | undefined {
  let result = schema.safeParse(value)
  if (!result.success) {
    const converted = result.error.issues.reduce(
      (data, issue) => convertReference(data, issue, at, source),
      value,
    )
    if (converted !== value) result = schema.safeParse(converted)
  }
  if (result.success) return result.data
  for (const issue of result.error.issues) reportIssue(schema, issue, at, source)
  return undefined
}

function reportIssue(schema: z.ZodType, issue: z.core.$ZodIssue, at: Path, source: SourceFile): void {
  const path = [...at, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path)
    for (const key of issue.keys) reportUnknownKey([...path, key], known, source)
    return
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? 'not a valid name'
    source.report(path, 'config.invalid', `the name ${String(path.at(-1))}: ${message}`, true)
    return
  }
  const reference = source.referenceAt(path)
  if (reference && isIncomplete(reference)) return
  const isMissing = issue.code === 'invalid_type' && /received undefined$/.test(issue.message)
  const what = isMissing ? `is missing (${describeType(issue)})` : lowerFirst(issue.message)
  const origin = reference ? ' (the value comes from the environment)' : ''
  source.report(path, 'config.invalid', `${path.join('.')}: ${what}${origin}`)
}

export function reportUnknownKey(path: Path, known: readonly string[], source: SourceFile): void {
  const key = String(path.at(-1))
  const parent = path.slice(0, -1).join('.')
  const where = parent ? ` in ${parent}` : ''
  source.report(path, 'config.unknown_key', `unknown key "${key}"${where}; ${nearestOrAll(key, known)}`, true)
}

const describeType = (issue: z.core.$ZodIssueInvalidType): string =>
  /^expected /.test(issue.message) ? issue.message : `expected: ${issue.expected}`

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

function convertReference(data: unknown, issue: z.core.$ZodIssue, at: Path, source: SourceFile): unknown {
  if (issue.code !== 'invalid_type') return data
  const reference = source.referenceAt([...at, ...issue.path])
  if (!reference?.isWhole) return data
  const converted = convert(reference.text.trim(), issue.expected)
  return converted === undefined ? data : replaceAt(data, issue.path, converted)
}

function convert(text: string, expected: string): unknown {
  if (expected === 'number' || expected === 'int')
    return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
  if (expected === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined
  return undefined
}

function replaceAt(data: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(data))
    return data.map((item, index) => (index === key ? replaceAt(item, rest, value) : item))
  const object = data as Record<PropertyKey, unknown>
  return { ...object, [key]: replaceAt(object[key], rest, value) }
}
