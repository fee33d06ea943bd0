import { GoogleProblem } from './problem.ts'

interface Selection {
  [name: string]: Selection | true
}

/**
 * Partial responses: `nextPageToken,items(id,start/date)`. Arrays are looked into like objects.
 * @see https://developers.google.com/workspace/calendar/api/guides/performance#partial
 */
export function selectFields(value: unknown, fields: string | undefined): unknown {
  if (fields === undefined) return value
  const { selection, rest } = parse(fields)
  if (rest !== '') throw invalid(fields)
  return apply(value, selection)
}

const invalid = (fields: string) =>
  new GoogleProblem(400, 'invalidParameter', `Invalid field selection ${fields}`)

function parse(text: string): { selection: Selection; rest: string } {
  const selection: Selection = {}
  let rest = text
  for (;;) {
    const path = /^[A-Za-z*][\w/]*/.exec(rest)?.[0]
    if (!path) throw invalid(text)
    rest = rest.slice(path.length)
    const names = path.split('/')
    const last = names.pop() as string
    const parent = names.reduce<Selection>((at, name) => {
      const next = at[name] === true || at[name] === undefined ? {} : at[name]
      at[name] = next
      return next
    }, selection)
    if (rest.startsWith('(')) {
      const inner = parse(rest.slice(1))
      if (!inner.rest.startsWith(')')) throw invalid(text)
      parent[last] = inner.selection
      rest = inner.rest.slice(1)
    } else parent[last] = true
    if (!rest.startsWith(',')) return { selection, rest }
    rest = rest.slice(1)
  }
}

function apply(value: unknown, selection: Selection | true): unknown {
  if (selection === true || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => apply(item, selection))
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      const chosen = selection[name] ?? selection['*']
      return chosen === undefined ? [] : [[name, apply(item, chosen)]]
    }),
  )
}
