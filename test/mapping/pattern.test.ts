import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patternOf, patternProblem } from '../../src/mapping/functions/pattern.ts'

const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\w',
  '^',
  '$',
  'é',
  '😀',
  '\\.',
  '\\s',
  '[a-c\\d]',
)
const suffix = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}')
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(atom, suffix).map(([a, s]) => (a === '^' || a === '$' ? a : a + s)),
    fc.tuple(tie('pattern'), suffix).map(([inner, s]) => `(${inner})${s}`),
  ),
  pattern: fc.oneof(
    fc.array(tie('part'), { maxLength: 4 }).map((parts) => parts.join('')),
    fc.tuple(tie('part'), tie('part')).map(([a, b]) => `${a}|${b}`),
  ),
}))
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '1', ' ', '.', 'é', '😀', '\n'),
  maxLength: 12,
})

test('a pattern matches what the same regular expression matches', () => {
  fc.assert(
    fc.property(pattern, text, (source, value) => {
      expect(patternOf(source).test(value)).toBe(new RegExp(source, 'u').test(value))
    }),
    { numRuns: 2000 },
  )
})

test('patterns that make regular expressions explode take their time by the text only', () => {
  const started = performance.now()
  for (const source of ['^(a+)+$', '^(a|a)*$', '^(a*)*b$', '(x+x+)+y', 'a*a*a*a*a*a*b'])
    expect(patternOf(source).test(`${'a'.repeat(5_000)}!`)).toBe(false)
  expect(performance.now() - started).toBeLessThan(5_000)
})

test.each([
  ['(a', 'a ( without its ).'],
  ['a)', 'a ) without its (.'],
  ['[a', 'a [ without its ].'],
  ['*a', '* repeats what stands before it, and nothing does.'],
  ['a**', 'a repetition of a repetition; use ( ) around the inner one.'],
  ['a{2', 'a { is closed by }; write \\{ for a brace.'],
  ['a{5,2}', '{5,2} is no repetition; write {2}, {2,} or {2,5}, up to 200.'],
  ['(?=a)', 'look-around and named groups are not possible.'],
  ['(a)\\1', '\\1 is not possible; known are \\d \\w \\s \\p{L}.'],
  ['\\bword', '\\b is not possible; known are \\d \\w \\s \\p{L}.'],
  ['[z-a]', '[z-a] is no class of characters.'],
  ['\\p{Klingon}', '\\p{Klingon} is no class of characters.'],
  ['((a{200}){200}){200}', 'the pattern is too large; use smaller repetitions.'],
  ['(((){200}){200}){200}', 'the pattern is too large; use smaller repetitions.'],
  ['('.repeat(30), 'the pattern is nested too deeply.'],
  ['a'.repeat(501), 'a pattern has at most 500 characters.'],
  ['ok+', undefined],
])('what is wrong with %s is said', (source, problem) => {
  expect(patternProblem(source)).toBe(problem)
})
