export interface Mutant {
  /** Of what was changed: "items.0.price". */
  path: string
  value: unknown
}

const MAX_DEPTH = 6
/** Elements of a list that are looked into. */
const MAX_ELEMENTS = 2

const STATUS = /^(status|state|stage|event|reason|outcome|result)$/
const WORD = /^[a-z][a-z0-9]*([._-][a-z0-9]+)*$/i

/** One record in many versions: each field left out and null; or with `status`, each field that is one with a new value. */
export function mutantsOf(record: unknown, what: 'missing' | 'status' = 'missing'): Mutant[] {
  const mutants: Mutant[] = []
  for (const path of pathsIn(record)) {
    const at = path.join('.')
    if (what === 'missing') {
      mutants.push({ path: at, value: edited(record, path, undefined) })
      mutants.push({ path: at, value: edited(record, path, null) })
      continue
    }
    const old = path.reduce((part, name) => (part as Record<string, unknown>)[name], record)
    if (STATUS.test(path.at(-1)!) && typeof old === 'string' && WORD.test(old))
      mutants.push({ path: at, value: edited(record, path, 'value_of_the_future') })
  }
  return mutants
}

function pathsIn(value: unknown, before: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || before.length >= MAX_DEPTH) return []
  const entries = Array.isArray(value)
    ? value.slice(0, MAX_ELEMENTS).map((item, i) => [String(i), item] as const)
    : Object.entries(value)
  return entries.flatMap(([name, part]) => {
    const path = [...before, name]
    return [path, ...pathsIn(part, path)]
  })
}

/** undefined removes. */
function edited(value: unknown, [first, ...rest]: string[], by: unknown): unknown {
  if (first === undefined) return by
  if (Array.isArray(value)) {
    const copy = [...value]
    if (rest.length === 0 && by === undefined) copy.splice(Number(first), 1)
    else copy[Number(first)] = edited(copy[Number(first)], rest, by)
    return copy
  }
  const { [first]: old, ...others } = value as Record<string, unknown>
  const changed = edited(old, rest, by)
  return rest.length === 0 && by === undefined ? others : { ...others, [first]: changed }
}
