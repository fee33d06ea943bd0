import * as z from 'zod'
import type { ValueType } from './language/value.ts'

/** The typed shape of what expressions read: names in groups down to typed leaves. */
export type SchemaNode = Leaf | Group

export interface Leaf {
  kind: 'leaf'
  type: ValueType
  /** All values there are, for closed lists: comparing with another is a mistake. */
  values?: readonly string[]
  /** Every entity of its kind has it. */
  isAlways?: true
  doc?: string
}

export interface Group {
  kind: 'group'
  keys: Record<string, SchemaNode>
  /** Any other key has this node (records, vendor props). */
  open?: SchemaNode
  /** Set where the group itself can also be a value. */
  type?: 'unknown'
  /** The member that the group's own name stands for: {campaign} is campaign.name. */
  itself?: string
}

/** Leaves that the model does not leave open, of what is itself always there. */
export const always = (node: SchemaNode): SchemaNode =>
  node.kind === 'leaf' ? { ...node, isAlways: true as const } : node

export const leaf = (type: ValueType): Leaf => ({ kind: 'leaf', type })

/** The node of a zod schema of the canonical model. Instants are known by identity: they are plain integers otherwise. */
export function nodeOf(schema: unknown, instant: z.ZodType): SchemaNode {
  const node = bareNode(unwrap(schema), instant)
  const doc = schema instanceof z.ZodType ? schema.description : undefined
  return node.kind === 'leaf' && doc !== undefined && node.type !== 'datetime' ? { ...node, doc } : node
}

function unwrap(schema: unknown): unknown {
  let inner = schema
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.unwrap()
  return inner
}

function bareNode(schema: unknown, instant: z.ZodType): SchemaNode {
  if (schema === instant) return leaf('datetime')
  if (schema instanceof z.ZodString) return leaf('text')
  if (schema instanceof z.ZodNumber) return leaf('number')
  if (schema instanceof z.ZodBoolean) return leaf('boolean')
  if (schema instanceof z.ZodEnum) return { kind: 'leaf', type: 'text', values: schema.options.map(String) }
  if (schema instanceof z.ZodLiteral)
    return { kind: 'leaf', type: 'text', values: [...schema.values].map(String) }
  // An open enum (`z.enum(…).or(z.string())`) accepts any text.
  if (schema instanceof z.ZodUnion) return leaf('text')
  if (schema instanceof z.ZodRecord)
    return { kind: 'group', keys: {}, open: nodeOf(schema.valueType, instant) }
  if (schema instanceof z.ZodObject) return objectNode(schema, instant)
  return leaf('unknown')
}

function objectNode({ shape }: z.ZodObject, instant: z.ZodType): SchemaNode {
  const names = Object.keys(shape)
  if (names.length === 2 && 'amount' in shape && 'currency' in shape) return leaf('money')
  return {
    kind: 'group',
    keys: Object.fromEntries(names.map((name) => [name, nodeOf(shape[name], instant)])),
  }
}

/** All paths of a schema with their types, in order; for documents, editors and suggestions. */
export function pathsOf(schema: Group, prefix = ''): { path: string; type: ValueType; doc: string }[] {
  return Object.entries(schema.keys).flatMap(([name, node]) => {
    const path = prefix + name
    if (node.kind === 'group') return pathsOf(node, `${path}.`)
    return [{ path, type: node.type, doc: node.doc ?? (node.values ? node.values.join(', ') : '') }]
  })
}
