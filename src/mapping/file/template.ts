import type { Compiled } from '../language/compiled.ts'
import { displayText } from '../language/display.ts'
import type { Env } from '../language/value.ts'
import { compileText, type FileScope } from './expressions.ts'
import type { ScalarText } from './scalar-text.ts'

export type Template = (env: Env) => string

/**
 * A text with `{expression}` placeholders; `{{` and `}}` are braces. What is absent shows as nothing, and the white
 * space around it collapses, so that a missing campaign leaves no hole.
 */
export function compileTemplate(source: ScalarText, file: FileScope): Template | undefined {
  const parts: (string | Compiled)[] = []
  let isBroken = false
  let at = 0
  const fail = (index: number, message: string) => {
    file.reporter.report('mapping.syntax', source.offsetAt(index), message)
    isBroken = true
  }
  while (at < source.text.length) {
    const character = source.text[at]!
    if ((character === '{' || character === '}') && source.text[at + 1] === character) {
      parts.push(character)
      at += 2
    } else if (character === '}') {
      fail(at, 'A } without its {; write }} for a brace.')
      at += 1
    } else if (character === '{') {
      const end = closingBrace(source.text, at)
      if (end < 0) {
        fail(at, 'The closing } is missing; write {{ for a brace.')
        break
      }
      const compiled = compilePlaceholder(source, at + 1, end, file)
      if (compiled) parts.push(compiled)
      else isBroken = true
      at = end + 1
    } else {
      const end = nextBrace(source.text, at)
      parts.push(source.text.slice(at, end))
      at = end
    }
  }
  return isBroken ? undefined : (env) => render(parts, env)
}

function compilePlaceholder(
  source: ScalarText,
  start: number,
  end: number,
  file: FileScope,
): Compiled | undefined {
  const text = source.text.slice(start, end)
  const compiled = compileText({ text, offsetAt: (index) => source.offsetAt(start + index) }, file)
  if (compiled?.type !== 'touchpoints') return compiled
  file.reporter.report('mapping.type', source.offsetAt(start), 'A placeholder needs a value.')
  return undefined
}

/** The } that ends a placeholder; those inside quotes belong to texts. */
function closingBrace(text: string, start: number): number {
  let quote: string | undefined
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]!
    if (quote) {
      if (character === '\\') at++
      else if (character === quote) quote = undefined
    } else if (character === '"' || character === "'") quote = character
    else if (character === '}') return at
  }
  return -1
}

function nextBrace(text: string, start: number): number {
  const at = text.slice(start).search(/[{}]/)
  return at < 0 ? text.length : start + at
}

function render(parts: readonly (string | Compiled)[], env: Env): string {
  const text = parts
    .map((part) => (typeof part === 'string' ? part : displayText(part.run(env), part.type)))
    .join('')
  return text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ *\n */g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
