import { RequestError } from './errors.ts'

export type Literal = {
  kind: 'string' | 'number' | 'boolean' | 'date' | 'null'
  value: string | number | boolean | null
}
export type Condition =
  | { kind: 'and' | 'or'; parts: Condition[] }
  | { kind: 'not'; part: Condition }
  | { kind: 'compare'; field: string; operator: string; values: Literal[] }

export interface Query {
  fields: string[]
  isCount: boolean
  object: string
  where?: Condition
  orderBy: { field: string; descending: boolean }[]
  limit?: number
  offset: number
}

interface Token {
  kind: 'word' | 'string' | 'number' | 'date' | 'symbol' | 'end'
  text: string
  at: number
}

const TOKEN =
  /\s*(?:(?<date>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?)|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][A-Za-z0-9_.]*)|(?<symbol>!=|<>|<=|>=|[=<>(),])|(?<quote>'))/y

const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  "'": "'",
  '"': '"',
  '\\': '\\',
  _: '\\_',
  '%': '\\%',
}

const malformed = (at: number, what: string): RequestError =>
  new RequestError(400, 'MALFORMED_QUERY', `ERROR at Row:1:Column:${at + 1}\n${what}`)

function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (!match?.groups) throw malformed(at, `unexpected token: '${text.slice(at).trim().slice(0, 10)}'`)
    const { quote } = match.groups
    const start = TOKEN.lastIndex
    if (quote) {
      const { value, end } = readString(text, start)
      tokens.push({ kind: 'string', text: value, at: start - 1 })
      at = end
      continue
    }
    const kind = (['date', 'number', 'word', 'symbol'] as const).find(
      (name) => match.groups?.[name] !== undefined,
    )!
    tokens.push({ kind, text: match.groups[kind]!, at: start - match.groups[kind]!.length })
    at = start
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: text.length })
  return tokens
}

function readString(text: string, start: number): { value: string; end: number } {
  let value = ''
  for (let i = start; i < text.length; i++) {
    const char = text[i]!
    if (char === "'") return { value, end: i + 1 }
    if (char !== '\\') {
      value += char
      continue
    }
    const next = text[++i] ?? ''
    if (next === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(i + 1, i + 5))) {
      value += String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 5), 16))
      i += 4
    } else if (next in ESCAPES) {
      value += ESCAPES[next]
    } else {
      throw malformed(
        i - 1,
        `Invalid string literal. Illegal character sequence '\\${next}' in string literal.`,
      )
    }
  }
  throw malformed(start - 1, 'Bind variables only allowed in Apex code or unterminated string literal')
}

/** Parses the part of SOQL that integrations use: one object, no relationships, no aggregates but COUNT(). */
export function parseSoql(text: string): Query {
  const tokens = tokenize(text)
  let position = 0
  const peek = () => tokens[position]!
  const unexpected = () => malformed(peek().at, `unexpected token: '${peek().text}'`)
  const isWord = (word: string, token = peek()) => token.kind === 'word' && token.text.toLowerCase() === word
  const isSymbol = (symbol: string) => peek().kind === 'symbol' && peek().text === symbol
  const next = () => tokens[position++]!
  const take = (test: boolean): boolean => {
    if (test) position++
    return test
  }
  const need = (test: boolean): void => {
    if (!take(test)) throw unexpected()
  }
  const name = (): string => {
    if (peek().kind !== 'word') throw unexpected()
    return next().text
  }
  const count = (): number => {
    if (peek().kind !== 'number') throw unexpected()
    return Number(next().text)
  }
  const list = <T>(item: () => T): T[] => {
    const items = [item()]
    while (take(isSymbol(','))) items.push(item())
    return items
  }

  const literal = (): Literal => {
    const token = next()
    if (token.kind === 'string') return { kind: 'string', value: token.text }
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) }
    if (token.kind === 'date') return { kind: 'date', value: token.text }
    if (isWord('true', token) || isWord('false', token))
      return { kind: 'boolean', value: isWord('true', token) }
    if (isWord('null', token)) return { kind: 'null', value: null }
    position--
    throw unexpected()
  }
  const comparison = (): Condition => {
    const field = name()
    if (take(isWord('not'))) {
      need(isWord('in'))
      return { kind: 'compare', field, operator: 'not in', values: values() }
    }
    if (take(isWord('in'))) return { kind: 'compare', field, operator: 'in', values: values() }
    if (take(isWord('like'))) return { kind: 'compare', field, operator: 'like', values: [literal()] }
    if (peek().kind !== 'symbol' || !['=', '!=', '<>', '<', '<=', '>', '>='].includes(peek().text))
      throw unexpected()
    const operator = next().text
    return { kind: 'compare', field, operator: operator === '<>' ? '!=' : operator, values: [literal()] }
  }
  const values = (): Literal[] => {
    need(isSymbol('('))
    const items = list(literal)
    need(isSymbol(')'))
    return items
  }
  const primary = (): Condition => {
    if (take(isWord('not'))) return { kind: 'not', part: primary() }
    if (!take(isSymbol('('))) return comparison()
    const inner = condition()
    need(isSymbol(')'))
    return inner
  }
  const condition = (): Condition => {
    const parts = [primary()]
    const kind = isWord('or') ? 'or' : 'and'
    while (take(isWord(kind))) parts.push(primary())
    // AND and OR side by side need parentheses.
    if (isWord('and') || isWord('or')) throw unexpected()
    return parts.length === 1 ? parts[0]! : { kind, parts }
  }

  need(isWord('select'))
  let fields: string[] = []
  const isCount = isWord('count') && tokens[position + 1]?.text === '('
  if (isCount) {
    position += 2
    need(isSymbol(')'))
  } else {
    fields = list(name)
  }
  need(isWord('from'))
  const query: Query = { fields, isCount, object: name(), orderBy: [], offset: 0 }
  if (take(isWord('where'))) query.where = condition()
  if (take(isWord('order'))) {
    need(isWord('by'))
    query.orderBy = list(() => {
      const field = name()
      const descending = take(isWord('desc'))
      if (!descending) take(isWord('asc'))
      if (take(isWord('nulls'))) need(isWord('first') || isWord('last'))
      return { field, descending }
    })
  }
  if (take(isWord('limit'))) query.limit = count()
  if (take(isWord('offset'))) query.offset = count()
  if (peek().kind !== 'end') throw unexpected()
  return query
}
