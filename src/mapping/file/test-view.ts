import { didYouMean } from '#kit'
import { dayOf, parseMajor, startOfDay } from '#model'
import { parseIso } from '../language/iso.ts'
import { holds, type ValueType } from '../language/value.ts'
import type { Group, SchemaNode } from '../schema-node.ts'
import type { CompiledMapping } from '../types.ts'
import type { MappingView } from '../view.ts'

type Json = Record<string, unknown>
type Path = (string | number)[]
export interface ViewProblem {
  path: Path
  message: string
}

/** What a test that says nothing about time calls now. */
const TEST_NOW = Date.UTC(2026, 0, 15, 12)

const DEFAULTS: Record<CompiledMapping['from'], Json> = {
  person: { person: { id: 'person', stage: 'lead', lifecycle: 'lead', created_at: TEST_NOW } },
  account: { account: { id: 'account', stage: 'prospect', created_at: TEST_NOW } },
  quote: {
    quote: {
      id: 'quote',
      type: 'quote',
      key: 'quote',
      status: 'draft',
      currency: 'USD',
      total: { amount: 0, currency: 'USD' },
      created_at: TEST_NOW,
    },
  },
}

/**
 * A full view from what a test gives: dates may be ISO texts, money "49.00 EUR", touchpoints need only kind, channel and
 * `at`. Everything is checked against the schema, because a misspelt key would make a test pass for the wrong reason.
 */
export function buildTestView(
  given: unknown,
  from: CompiledMapping['from'],
  schema: Group,
): { view: MappingView; problems: ViewProblem[] } {
  const problems: ViewProblem[] = []
  const json = isJson(given) ? given : {}
  if (!isJson(given))
    problems.push({ path: [], message: 'given must be a map with person, account, billing, …' })
  const { touchpoints = [], ...rest } = json
  const read = readGroup(rest, schema, [], problems)
  const own = DEFAULTS[from][from] as Json
  const view = {
    now: TEST_NOW,
    billing: {},
    consent: {},
    ...read,
    [from]: { ...own, ...(read[from] as Json | undefined) },
    touchpoints: readTouchpoints(touchpoints, problems),
  }
  return { view: view as unknown as MappingView, problems }
}

function readGroup(json: Json, group: Group, path: Path, problems: ViewProblem[]): Json {
  const out: Json = {}
  for (const [name, value] of Object.entries(json)) {
    const node = Object.hasOwn(group.keys, name) ? group.keys[name] : group.open
    const here = [...path, name]
    if (!node)
      problems.push({
        path: here,
        message: `${here.join('.')} is unknown.${didYouMean(name, Object.keys(group.keys))}`,
      })
    else out[name] = readNode(value, node, here, problems)
  }
  return out
}

function readNode(value: unknown, node: SchemaNode, path: Path, problems: ViewProblem[]): unknown {
  if (value === null || value === undefined) return value
  if (node.kind === 'group') {
    if (isJson(value)) return readGroup(value, node, path, problems)
    problems.push({ path, message: `${path.join('.')} must be a map.` })
    return undefined
  }
  const read = readLeaf(value, node.type)
  if (holds(node.type, read)) return read
  problems.push({
    path,
    message: `${path.join('.')} must be ${node.type}${EXAMPLES[node.type] ?? ''}, not ${JSON.stringify(value)}.`,
  })
  return undefined
}

const EXAMPLES: Partial<Record<ValueType, string>> = {
  datetime: ' (2026-01-31 or 2026-01-31T10:00:00Z)',
  money: ' ("49.00 EUR")',
}

function readLeaf(value: unknown, type: ValueType): unknown {
  if (typeof value !== 'string') return value
  if (type === 'datetime') return parseIso(value)
  const money = type === 'money' ? /^(-?[\d.]+) ([A-Z]{3})$/.exec(value) : null
  return money ? parseMajor(money[1]!, money[2]!) : value
}

const TOUCH_KEYS = ['kind', 'channel', 'at', 'day', 'count', 'firstAt', 'lastAt', 'amounts']

function readTouchpoints(given: unknown, problems: ViewProblem[]): Json[] {
  if (!Array.isArray(given)) {
    problems.push({ path: ['touchpoints'], message: 'touchpoints must be a list.' })
    return []
  }
  return given.map((item: unknown, index) => {
    const path = ['touchpoints', index]
    const touch = isJson(item) ? item : {}
    for (const name of Object.keys(touch)) {
      if (!TOUCH_KEYS.includes(name))
        problems.push({
          path: [...path, name],
          message: `A touchpoint has no ${name}.${didYouMean(name, TOUCH_KEYS)}`,
        })
    }
    const at =
      readLeaf(touch.at, 'datetime') ?? (typeof touch.day === 'number' ? startOfDay(touch.day) : undefined)
    if (typeof touch.kind !== 'string' || typeof at !== 'number') {
      problems.push({
        path,
        message: 'A touchpoint needs kind and at: { kind: page.viewed, channel: organic, at: 2026-01-10 }.',
      })
      return {}
    }
    const {
      kind,
      channel = 'website',
      day = dayOf(at),
      count = 1,
      firstAt = at,
      lastAt = at,
      amounts = {},
    } = touch
    return { kind, channel, day, count, firstAt, lastAt, amounts }
  })
}

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
