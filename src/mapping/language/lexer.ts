import { SyntaxFault } from './syntax.ts'

export interface Token {
  kind: 'name' | 'number' | 'string' | 'symbol' | 'end'
  /** Names and symbols as written; strings unescaped. */
  text: string
  start: number
  end: number
}

const SYMBOLS = [
  '??',
  '==',
  '!=',
  '<=',
  '>=',
  '|',
  '<',
  '>',
  '=',
  '+',
  '-',
  '*',
  '/',
  '(',
  ')',
  '[',
  ']',
  ',',
  '.',
]
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', '\\': '\\', '"': '"', "'": "'" }
const HINTS: Record<string, string> = {
  '&': 'Write "and".',
  '!': 'Write "not".',
  '?': 'Write if(condition, then, else), or ?? for a fallback.',
  '“': 'Use straight quotes.',
  '”': 'Use straight quotes.',
  '‘': 'Use straight quotes.',
  '’': 'Use straight quotes.',
  '%': 'Remainders are not part of the language.',
}

export function tokenize(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const space = /^\s+/.exec(source.slice(at))
    if (space) {
      at += space[0].length
      continue
    }
    const token = nextToken(source, at)
    tokens.push(token)
    at = token.end
  }
  tokens.push({ kind: 'end', text: '', start: source.length, end: source.length })
  return tokens
}

function nextToken(source: string, start: number): Token {
  const rest = source.slice(start)
  const name = /^[A-Za-z_]\w*/.exec(rest)
  if (name) return { kind: 'name', text: name[0], start, end: start + name[0].length }
  const number = /^\d+(\.\d+)?/.exec(rest)
  if (number) {
    const end = start + number[0].length
    if (/^\w/.test(source.slice(end))) throw new SyntaxFault('A name cannot start with a digit.', start)
    return { kind: 'number', text: number[0], start, end }
  }
  if (rest[0] === '"' || rest[0] === "'") return stringToken(source, start)
  const symbol = SYMBOLS.find((text) => rest.startsWith(text))
  if (symbol) return { kind: 'symbol', text: symbol, start, end: start + symbol.length }
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0)
  const hint = HINTS[character] ?? 'Text goes between quotes.'
  throw new SyntaxFault(`Unexpected character ${character}. ${hint}`, start)
}

function stringToken(source: string, start: number): Token {
  const quote = source[start]!
  let text = ''
  for (let at = start + 1; at < source.length; at++) {
    const character = source[at]!
    if (character === quote) return { kind: 'string', text, start, end: at + 1 }
    if (character !== '\\') {
      text += character
      continue
    }
    const escaped = ESCAPES[source[at + 1] ?? '']
    if (escaped === undefined) throw new SyntaxFault('Unknown escape; known are \\n \\t \\\\ \\" \\\'.', at)
    text += escaped
    at++
  }
  throw new SyntaxFault(`The closing ${quote} is missing.`, start)
}
