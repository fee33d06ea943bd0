/**
 * Patterns whose cost grows with the text and never explodes: matched by following all possible states at once. The
 * subset of regular expressions: characters, `.`, `[a-z]`, `[^…]`, \d \w \s \D \W \S, \p{L} and the like, `^`, `$`,
 * `( )`, `|`, `*`, `+`, `?`, `{2}`, `{2,}`, `{2,5}`. No back references, no look-around; all are case-sensitive.
 */
export interface Pattern {
  /** Whether it occurs anywhere in the text. */
  test(text: string): boolean
}

/** Parts after repetitions are written out; each becomes at most one state. */
const MAX_STEPS = 1_000
const MAX_REPEATS = 200
/** Longer texts are looked at up to here, by code points. */
const MAX_TEXT = 10_000

type Node =
  | { type: 'one'; accepts(point: string): boolean }
  | { type: 'start' | 'end' | 'empty' }
  | { type: 'all' | 'any'; nodes: Node[] }
  | { type: 'repeat'; node: Node; min: number; max: number }

interface State {
  accepts?: (point: string) => boolean
  needs?: 'start' | 'end'
  next: State[]
}

class PatternFault extends Error {}

const known = new Map<string, Pattern>()

/** The same pattern is compiled once. Throws PatternFault with what is wrong. */
export function patternOf(source: string): Pattern {
  let pattern = known.get(source)
  if (!pattern) {
    pattern = compilePattern(source)
    if (known.size >= 1_000) known.clear()
    known.set(source, pattern)
  }
  return pattern
}

/** What is wrong with a pattern; undefined where nothing is. */
export function patternProblem(source: string): string | undefined {
  try {
    patternOf(source)
    return undefined
  } catch (error) {
    if (error instanceof PatternFault) return error.message
    throw error
  }
}

function compilePattern(source: string): Pattern {
  const node = new PatternReader(source).read()
  const accept: State = { next: [] }
  let steps = 0
  const build = (inner: Node, next: State): State => {
    if (++steps > MAX_STEPS) throw new PatternFault('the pattern is too large; use smaller repetitions.')
    switch (inner.type) {
      case 'empty':
        return next
      case 'one':
        return { accepts: inner.accepts, next: [next] }
      case 'start':
      case 'end':
        return { needs: inner.type, next: [next] }
      case 'all':
        return inner.nodes.reduceRight((after, part) => build(part, after), next)
      case 'any':
        return { next: inner.nodes.map((part) => build(part, next)) }
      case 'repeat': {
        let tail = next
        if (inner.max === Number.POSITIVE_INFINITY) {
          const loop: State = { next: [next] }
          loop.next.unshift(build(inner.node, loop))
          tail = loop
        } else for (let n = inner.min; n < inner.max; n++) tail = { next: [build(inner.node, tail), next] }
        for (let n = 0; n < inner.min; n++) tail = build(inner.node, tail)
        return tail
      }
    }
  }
  const first = build(node, accept)
  return { test: (text) => runs(first, accept, [...text.slice(0, MAX_TEXT * 2)].slice(0, MAX_TEXT)) }
}

function runs(first: State, accept: State, points: string[]): boolean {
  let current = new Set<State>()
  for (let at = 0; at <= points.length; at++) {
    // A match may begin at any place.
    const reached = closure([...current, first], at === 0, at === points.length)
    if (reached.has(accept)) return true
    const point = points[at]
    if (point === undefined) return false
    current = new Set()
    for (const { accepts, next } of reached) if (accepts?.(point)) for (const each of next) current.add(each)
  }
  return false
}

function closure(from: State[], isStart: boolean, isEnd: boolean): Set<State> {
  const reached = new Set<State>()
  while (from.length > 0) {
    const state = from.pop()!
    if (reached.has(state)) continue
    if (state.needs && !(state.needs === 'start' ? isStart : isEnd)) continue
    reached.add(state)
    if (!state.accepts) from.push(...state.next)
  }
  return reached
}

class PatternReader {
  private readonly points: string[]
  private at = 0
  private depth = 0

  constructor(source: string) {
    if (source.length > 500) throw new PatternFault('a pattern has at most 500 characters.')
    this.points = [...source]
  }

  read(): Node {
    const node = this.any()
    if (this.at < this.points.length) throw new PatternFault('a ) without its (.')
    return node
  }

  private any(): Node {
    if (++this.depth > 20) throw new PatternFault('the pattern is nested too deeply.')
    const nodes = [this.all()]
    while (this.take('|')) nodes.push(this.all())
    this.depth--
    return nodes.length === 1 ? nodes[0]! : { type: 'any', nodes }
  }

  private all(): Node {
    const nodes: Node[] = []
    while (this.at < this.points.length && this.points[this.at] !== '|' && this.points[this.at] !== ')')
      nodes.push(this.repeated())
    return nodes.length === 0 ? { type: 'empty' } : { type: 'all', nodes }
  }

  private repeated(): Node {
    const node = this.one()
    const [min, max] = this.bounds()
    if (min === undefined) return node
    if (node.type === 'start' || node.type === 'end') throw new PatternFault('^ and $ cannot be repeated.')
    if ('*+?{'.includes(this.points[this.at] ?? ' '))
      throw new PatternFault('a repetition of a repetition; use ( ) around the inner one.')
    return { type: 'repeat', node, min, max: max! }
  }

  private bounds(): [number?, number?] {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.take('?')) return [0, 1]
    if (!this.take('{')) return []
    const text = this.until('}', 'a { is closed by }; write \\{ for a brace.')
    const [, low, comma, high] = /^(\d{1,3})(,)?(\d{1,3})?$/.exec(text) ?? []
    const min = Number(low)
    const max = high !== undefined ? Number(high) : comma ? Number.POSITIVE_INFINITY : min
    if (low === undefined || max < min || min > MAX_REPEATS || (Number.isFinite(max) && max > MAX_REPEATS))
      throw new PatternFault(`{${text}} is no repetition; write {2}, {2,} or {2,5}, up to ${MAX_REPEATS}.`)
    return [min, max]
  }

  private one(): Node {
    const point = this.points[this.at++]!
    if (point === '^') return { type: 'start' }
    if (point === '$') return { type: 'end' }
    if (point === '.') return { type: 'one', accepts: (other) => other !== '\n' }
    if (point === '(') return this.group()
    if (point === '[') return { type: 'one', accepts: characterTest(`[${this.classText()}]`) }
    if (point === '\\') return { type: 'one', accepts: characterTest(this.escape()) }
    if ('*+?{'.includes(point))
      throw new PatternFault(`${point} repeats what stands before it, and nothing does.`)
    return { type: 'one', accepts: (other) => other === point }
  }

  private group(): Node {
    if (this.take('?')) {
      if (!this.take(':')) throw new PatternFault('look-around and named groups are not possible.')
    }
    const node = this.any()
    if (!this.take(')')) throw new PatternFault('a ( without its ).')
    return node
  }

  /** The inside of a class, up to its end. */
  private classText(): string {
    let text = this.take('^') ? '^' : ''
    for (;;) {
      const point = this.points[this.at++]
      if (point === undefined) throw new PatternFault('a [ without its ].')
      if (point === ']') return text
      text += point === '\\' ? this.escape() : point === '[' ? '\\[' : point
    }
  }

  private escape(): string {
    const point = this.points[this.at++]
    if (point === undefined) throw new PatternFault('a \\ at the end.')
    if (/[dwsDWS]/.test(point)) return `\\${point}`
    if (point === 'n' || point === 't') return `\\${point}`
    if (point === 'p' || point === 'P') {
      if (!this.take('{')) throw new PatternFault(`\\${point} is written \\${point}{L}.`)
      return `\\${point}{${this.until('}', `\\${point}{ is closed by }.`)}}`
    }
    if (/[\p{L}\p{N}_]/u.test(point))
      throw new PatternFault(`\\${point} is not possible; known are \\d \\w \\s \\p{L}.`)
    return /[\^$\\.*+?()[\]{}|/-]/.test(point) ? `\\${point}` : point
  }

  private until(end: string, problem: string): string {
    const close = this.points.indexOf(end, this.at)
    if (close < 0) throw new PatternFault(problem)
    const text = this.points.slice(this.at, close).join('')
    this.at = close + 1
    return text
  }

  private take(point: string): boolean {
    if (this.points[this.at] !== point) return false
    this.at++
    return true
  }
}

/** A single character against a class: the runtime knows Unicode, and one character cannot run away. */
function characterTest(source: string): (point: string) => boolean {
  let test: RegExp
  try {
    test = new RegExp(`^${source}$`, 'u')
  } catch {
    throw new PatternFault(`${source} is no class of characters.`)
  }
  const ascii = new Map<string, boolean>()
  return (point) => {
    if (point > '\u007f') return test.test(point)
    let answer = ascii.get(point)
    if (answer === undefined) {
      answer = test.test(point)
      ascii.set(point, answer)
    }
    return answer
  }
}
