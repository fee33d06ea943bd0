import { didYouMeanOneOf, listOr, nearestNames } from '#kit'
import { type Group, pathsOf, type SchemaNode } from '../schema-node.ts'
import { VIEW_SCHEMAS } from '../view-schema.ts'
import type { Scope } from './scope.ts'
import type { Name } from './syntax.ts'
import { type Env, holds, type Run, type ValueType } from './value.ts'

export interface ResolvedPath {
  type: ValueType
  values?: readonly string[]
  isSure?: true
  run: Run
}

/** Finds a path in the schema; reports what is unknown and returns undefined then. */
export function resolvePath(names: Name[], scope: Scope): ResolvedPath | undefined {
  let node: SchemaNode = scope.schema
  for (const [index, name] of names.entries()) {
    const before = names
      .slice(0, index)
      .map(({ text }) => text)
      .join('.')
    if (node.kind === 'leaf') {
      scope.report('mapping.unknown_name', name.start, leafMessage(before, node.type))
      return undefined
    }
    const next: SchemaNode | undefined = Object.hasOwn(node.keys, name.text)
      ? node.keys[name.text]
      : node.open
    if (!next) {
      scope.report('mapping.unknown_name', name.start, unknownMessage(names, index, before, node, scope))
      return undefined
    }
    node = next
  }
  const path = names.map(({ text }) => text)
  if (node.kind === 'group' && node.itself !== undefined) {
    path.push(node.itself)
    node = node.keys[node.itself]!
  }
  if (node.kind === 'group' && !node.type) {
    const known = node.open ? [] : Object.keys(node.keys).map((key) => `${path.join('.')}.${key}`)
    const choice = known.length > 0 ? ` Choose one of ${listOr(known.slice(0, 12))}.` : ''
    scope.report('mapping.type', names[0]!.start, `${path.join('.')} is a group of values.${choice}`)
    return undefined
  }
  scope.found.roots.add(path[0]!)
  scope.found.paths.add(path.join('.'))
  if (path[0] === 'now') scope.found.clock = true
  const values = node.kind === 'leaf' ? node.values : undefined
  const isSure = (node.kind === 'leaf' && node.isAlways) || scope.sure?.has(path.join('.'))
  return {
    type: node.type!,
    run: reader(path, node.type!),
    ...(values ? { values } : {}),
    ...(isSure ? { isSure } : {}),
  }
}

function leafMessage(path: string, type: ValueType): string {
  const hint = type === 'money' ? ' Use | money_major or | currency.' : ''
  return `${path} is a ${type} and has no parts.${hint}`
}

function unknownMessage(names: Name[], index: number, before: string, group: Group, scope: Scope): string {
  const name = names[index]!.text
  const full = before ? `${before}.${name}` : name
  const near = nearestNames(name, Object.keys(group.keys)).map((key) => (before ? `${before}.${key}` : key))
  if (near.length > 0) return `${full} is unknown.${didYouMeanOneOf(near)}`
  const homes = Object.entries(VIEW_SCHEMAS).filter(
    ([, schema]) => index === 0 && Object.hasOwn(schema.keys, name),
  )
  if (homes.length > 0)
    return `${name} can be read only in mappings from: ${listOr(homes.map(([from]) => from))}.`
  const leafName = names.at(-1)!.text
  const elsewhere = pathsOf(scope.schema)
    .map(({ path }) => path)
    .filter((path) => path.endsWith(`.${leafName}`))
  if (elsewhere.length > 0) return `${full} is unknown.${didYouMeanOneOf(elsewhere.slice(0, 3))}`
  if (index === 0 && names.length === 1)
    return `${full} is unknown. A constant text needs quotes: "'${name}'".`
  return `${full} is unknown. Known here: ${listOr(Object.keys(group.keys))}.`
}

/** Walks from the root; absent and null on the way are the result, as is a value of another type than promised. */
function reader(path: string[], type: ValueType): Run {
  const label = path.join('.')
  const check = (value: unknown, env: Env): unknown => {
    if (value === undefined || value === null || holds(type, value)) return value
    env.warn(`${label} holds ${describe(value)} where ${type} is expected; left out`)
    return undefined
  }
  const [first, second, third] = path as [string, string?, string?]
  if (second === undefined) return (env) => check(env.root[first], env)
  if (third === undefined) return (env) => check(step(env.root[first], second), env)
  const rest = path.slice(1)
  return (env) => {
    let value = env.root[first]
    for (const name of rest) value = step(value, name)
    return check(value, env)
  }
}

function step(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return value
  if (typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

const describe = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a group' : `a ${typeof value}`
