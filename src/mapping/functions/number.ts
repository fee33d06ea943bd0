import { majorNumber, parseMajor } from '#model'
import { valueFunction } from '../language/function-spec.ts'

const number = ['number'] as const

export const numberFunctions = [
  valueFunction({
    name: 'money_major',
    group: 'Numbers and money',
    summary: 'An amount as a number in major units (euros, not cents), as CRM currency fields expect it.',
    example: ['"1999.50 EUR" | money | money_major', 1999.5],
    input: ['money'],
    parameters: [],
    result: 'number',
    apply: majorNumber,
  }),
  valueFunction({
    name: 'currency',
    group: 'Numbers and money',
    summary: 'The ISO code of an amount.',
    example: ['"1999.50 EUR" | money | currency', 'EUR'],
    input: ['money'],
    parameters: [],
    result: 'text',
    apply: (value) => value.currency,
  }),
  valueFunction({
    name: 'money',
    group: 'Numbers and money',
    summary: 'Reads "49.00 EUR" as an amount; absent where it is none.',
    example: ['"49 EUR" | money | text', '49.00 EUR'],
    input: ['text'],
    parameters: [],
    result: 'money',
    apply: (value) => {
      const match = /^([+-]?[\d.]+)\s*([A-Za-z]{3})$/.exec(value.trim())
      return match ? parseMajor(match[1]!, match[2]!) : undefined
    },
  }),
  valueFunction({
    name: 'number',
    group: 'Numbers and money',
    summary: 'Reads a text as a number ("1234.5"); absent where it is none.',
    example: ['" 42 " | number', 42],
    input: ['text', 'number'],
    parameters: [],
    result: 'number',
    apply: (value) =>
      typeof value === 'number' ? value : /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined,
  }),
  valueFunction({
    name: 'round',
    group: 'Numbers and money',
    summary: 'Rounds half away from zero, to whole numbers or to this many decimals.',
    example: ['2.345 | round(2)', 2.35],
    input: number,
    parameters: [{ name: 'decimals', type: number, isOptional: true }],
    result: 'number',
    apply: (value, [decimals]) => roundTo(value, decimals ?? 0),
  }),
  valueFunction({
    name: 'add',
    group: 'Numbers and money',
    summary: 'Sum; the same as +.',
    example: ['40 | add(2)', 42],
    input: number,
    parameters: [{ name: 'number', type: number }],
    result: 'number',
    apply: (value, [other]) => value + other,
  }),
  valueFunction({
    name: 'sub',
    group: 'Numbers and money',
    summary: 'Difference; the same as -.',
    example: ['44 | sub(2)', 42],
    input: number,
    parameters: [{ name: 'number', type: number }],
    result: 'number',
    apply: (value, [other]) => value - other,
  }),
  valueFunction({
    name: 'abs',
    group: 'Numbers and money',
    summary: 'Without its sign.',
    example: ['-42 | abs', 42],
    input: number,
    parameters: [],
    result: 'number',
    apply: Math.abs,
  }),
]

/** Works on the decimal text, because 1.005 * 100 is 100.49999999999999. */
function roundTo(value: number, decimals: number): number {
  const places = Math.max(0, Math.min(12, Math.trunc(decimals)))
  const [mantissa, exponent = '0'] = Math.abs(value).toString().split('e')
  const shifted = Number(`${mantissa}e${Number(exponent) + places}`)
  const rounded = Number(`${Math.round(shifted)}e-${places}`)
  return Number.isFinite(rounded) ? Math.sign(value) * rounded : value
}
