import type { Scalar } from 'yaml'

/** The text of a YAML scalar, and where each of its characters stands in the file. */
export interface ScalarText {
  text: string
  /** Offset in the file of the character at this index of `text`. */
  offsetAt(index: number): number
}

/** Plain scalars give their source, so that `5` and `true` are expressions like any other. */
export function scalarText(scalar: Scalar, file: string): ScalarText {
  const text = scalar.type === 'PLAIN' ? (scalar.source ?? '') : String(scalar.value ?? '')
  const start = scalar.range?.[0] ?? 0
  const end = scalar.range?.[1] ?? start
  if (scalar.type === 'PLAIN' && text.length === end - start)
    return { text, offsetAt: (index) => start + index }
  let offsets: number[] | undefined
  return {
    text,
    offsetAt(index) {
      offsets ??= align(text, file, contentStart(scalar, file, start), end)
      return offsets[Math.min(index, offsets.length - 1)] ?? start
    },
  }
}

function contentStart(scalar: Scalar, file: string, start: number): number {
  if (scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE') return start + 1
  if (scalar.type === 'BLOCK_FOLDED' || scalar.type === 'BLOCK_LITERAL') {
    const newline = file.indexOf('\n', start)
    return newline < 0 ? start : newline + 1
  }
  return start
}

/** Walks value and source together: folding turns line ends and indentation into one space, quoting adds escapes. */
function align(text: string, file: string, start: number, end: number): number[] {
  const isDouble = file[start - 1] === '"'
  const isSingle = file[start - 1] === "'"
  const offsets: number[] = []
  let at = start
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (file[at] !== character && isSpace(file[at]) && !isSpace(character)) at = skipSpace(file, at, end)
    offsets.push(Math.min(at, end))
    if (isDouble && file[at] === '\\') at += escapeLength(file, at)
    else if (isSingle && file[at] === "'") at += 2
    else if (isSpace(character) && isSpace(file[at]) && !isSpace(text[index + 1]))
      at = skipSpace(file, at, end)
    else at += 1
  }
  offsets.push(Math.min(at, end))
  return offsets
}

const isSpace = (character: string | undefined): boolean => character !== undefined && /\s/.test(character)

function skipSpace(file: string, start: number, end: number): number {
  let at = start
  while (at < end && isSpace(file[at])) at++
  return at
}

/** Length of a double-quoted escape. */
function escapeLength(file: string, at: number): number {
  const kind = file[at + 1]
  return kind === 'x' ? 4 : kind === 'u' ? 6 : kind === 'U' ? 10 : 2
}
