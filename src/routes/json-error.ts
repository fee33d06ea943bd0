/** A place in a text, counted from 1 for people; `position` from 0 as JSON.parse messages count. */
export interface TextPlace {
  position: number
  line: number
  column: number
}

// Raw control characters end a token here as they end a string in JSON.
const TOKEN =
  /(?:[{}[\],:]|"(?:[ !#-[\]-\u{10ffff}]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy
const SPACE = /[ \t\n\r]*/y

type Expected = 'value' | 'value_or_end' | 'key' | 'key_or_end' | 'colon' | 'comma_or_end' | 'nothing'

/**
 * Finds where a text stops being JSON. JSON.parse names the position in some of its messages only, and those are not
 * ours to rely on. Iterative, because a hostile body may nest as deep as it is long.
 */
export function jsonErrorPlace(text: string): TextPlace {
  const open: string[] = []
  let expected: Expected = 'value'
  let offset = 0
  for (;;) {
    offset = skip(SPACE, text, offset)
    const end = skip(TOKEN, text, offset)
    if (end === offset) break
    const next = advance(expected, text.slice(offset, end), open)
    if (!next) break
    expected = next
    offset = end
  }
  return placeAt(text, offset)
}

function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : offset
}

const afterValue = (open: string[]): Expected => (open.length === 0 ? 'nothing' : 'comma_or_end')

/** What may follow the token, or undefined where the token itself may not stand here. */
function advance(expected: Expected, token: string, open: string[]): Expected | undefined {
  if (token === '}' || token === ']') {
    const mayEnd = expected === 'comma_or_end' || expected === (token === '}' ? 'key_or_end' : 'value_or_end')
    if (!mayEnd || open.pop() !== (token === '}' ? '{' : '[')) return undefined
    return afterValue(open)
  }
  if (expected === 'colon') return token === ':' ? 'value' : undefined
  if (expected === 'comma_or_end') {
    if (token !== ',') return undefined
    return open.at(-1) === '{' ? 'key' : 'value'
  }
  if (expected === 'key' || expected === 'key_or_end') return token.startsWith('"') ? 'colon' : undefined
  if (expected === 'nothing' || token === ',' || token === ':') return undefined
  if (token === '{' || token === '[') {
    open.push(token)
    return token === '{' ? 'key_or_end' : 'value_or_end'
  }
  return afterValue(open)
}

function placeAt(text: string, position: number): TextPlace {
  const before = text.slice(0, position)
  const lineStart = before.lastIndexOf('\n') + 1
  return { position, line: before.split('\n').length, column: position - lineStart + 1 }
}
