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
    name: 'money_in',
    group: 'Numbers and money',
    summary:
      'The same in one currency only; absent where the amount has another one, which must not be taken for it.',
    example: ['"1999.50 EUR" | money | money_in("EUR")', 1999.5],
    more: [
      ['"1999.50 EUR" | money | money_in("USD")', undefined],
      ['"5 JPY" | money | money_in("jpy")', 5],
    ],
    input: ['money'],
    parameters: [{ name: 'currency', type: ['text'], check: (value) => currencyProblem(String(value)) }],
    result: 'number',
    apply: (value, [currency]) =>
      value.currency === currency.trim().toUpperCase() ? majorNumber(value) : undefined,
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
    name: 'floor',
    group: 'Numbers and money',
    summary: 'The whole number below.',
    example: ['2.9 | floor', 2],
    more: [['-2.1 | floor', -3]],
    input: number,
    parameters: [],
    result: 'number',
    apply: Math.floor,
  }),
  valueFunction({
    name: 'ceil',
    group: 'Numbers and money',
    summary: 'The whole number above.',
    example: ['2.1 | ceil', 3],
    more: [['-2.9 | ceil', -2]],
    input: number,
    parameters: [],
    result: 'number',
    apply: Math.ceil,
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
  valueFunction({
    name: 'min',
    group: 'Numbers and money',
    summary: 'The smaller of two numbers.',
    example: ['7 | min(5)', 5],
    input: number,
    parameters: [{ name: 'number', type: number }],
    result: 'number',
    apply: (value, [other]) => Math.min(value, other),
  }),
  valueFunction({
    name: 'max',
    group: 'Numbers and money',
    summary: 'The greater of two numbers.',
    example: ['7 | max(5)', 7],
    input: number,
    parameters: [{ name: 'number', type: number }],
    result: 'number',
    apply: (value, [other]) => Math.max(value, other),
  }),
  valueFunction({
    name: 'clamp',
    group: 'Numbers and money',
    summary: 'At least the one and at most the other number.',
    example: ['120 | clamp(0, 100)', 100],
    more: [['-1 | clamp(0, 100)', 0]],
    input: number,
    parameters: [
      { name: 'low', type: number },
      { name: 'high', type: number },
    ],
    result: 'number',
    apply: (value, [low, high]) => Math.max(low, Math.min(high, value)),
  }),
  valueFunction({
    name: 'mod',
    group: 'Numbers and money',
    summary: 'The remainder of a division, with the sign of the divisor; absent for 0.',
    example: ['17 | mod(5)', 2],
    more: [
      ['-1 | mod(12)', 11],
      ['1 | mod(0)', undefined],
    ],
    input: number,
    parameters: [{ name: 'number', type: number }],
    result: 'number',
    apply: (value, [other]) => ((value % other) + other) % other,
  }),
  valueFunction({
    name: 'percent_of',
    group: 'Numbers and money',
    summary: 'How many percent of a total; absent for a total of 0.',
    example: ['30 | percent_of(120)', 25],
    more: [['1 | percent_of(0)', undefined]],
    input: number,
    parameters: [{ name: 'total', type: number }],
    result: 'number',
    apply: (value, [total]) => (value / total) * 100,
  }),
  valueFunction({
    name: 'format_number',
    group: 'Numbers and money',
    summary:
      'A number as text, written as the sample is: "1,234.50", "1.234,50", "1 234.5", "1234.50"; as many decimals as the sample has.',
    example: ['1234567.891 | format_number("1.234,50")', '1.234.567,89'],
    more: [
      ['-999.5 | format_number("1,234.50")', '-999.50'],
      ['1234.5 | format_number("1 234")', '1 235'],
      ['0.5 | format_number("1234.567")', '0.500'],
      ['-0.001 | format_number("1234.50")', '0.00'],
    ],
    input: number,
    parameters: [
      { name: 'sample', type: ['text'], isConstant: true, check: (value) => sampleProblem(String(value)) },
    ],
    result: 'text',
    apply: (value, [sample]) => formatNumber(value, sample),
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

const currencyProblem = (code: string): string | undefined =>
  /^[A-Za-z]{3}$/.test(code) ? undefined : `${code} is no currency; use its ISO code, such as EUR.`

/** `1.234,50` → thousands mark, decimal mark, decimals. */
const SAMPLE = /^1([.,' \u00a0\u202f’]?)234(?:([.,])(\d{1,6}))?$/

function sampleProblem(sample: string): string | undefined {
  const [, thousands, decimal] = SAMPLE.exec(sample) ?? [undefined, '', '']
  if (!SAMPLE.test(sample) || (thousands !== '' && thousands === decimal))
    return `${sample} is no sample of a number; write 1234.5 the way it shall look, such as "1,234.50".`
  return undefined
}

function formatNumber(value: number, sample: string): string | undefined {
  const match = SAMPLE.exec(sample)
  if (!match) return undefined
  const [, thousands = '', decimal = '', decimals = ''] = match
  const rounded = roundTo(value, decimals.length)
  // Beyond this, toFixed writes an exponent.
  if (Math.abs(rounded) >= 1e21) return undefined
  const [whole, rest] = Math.abs(rounded).toFixed(decimals.length).split('.') as [string, string?]
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands)
  return `${rounded < 0 ? '-' : ''}${grouped}${rest === undefined ? '' : decimal + rest}`
}
