/** An exact fraction; `den` is positive. Money is only rounded once, at the end. */
export interface Rational {
  num: bigint
  den: bigint
}

export const ZERO: Rational = { num: 0n, den: 1n }

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

export function ratio(num: bigint | number, den: bigint | number = 1n): Rational {
  const [n, d] = [BigInt(num), BigInt(den)]
  const factor = gcd(n, d) || 1n
  return { num: n / factor, den: d / factor }
}

/** Reads decimal text ("12.5", "0.000000000001"); undefined where it is not a decimal number. */
export function parseDecimal(text: string): Rational | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const decimals = match[3] ?? ''
  const digits = BigInt(match[2] + decimals)
  return ratio(match[1] ? -digits : digits, 10n ** BigInt(decimals.length))
}

export const add = (a: Rational, b: Rational): Rational => ratio(a.num * b.den + b.num * a.den, a.den * b.den)
export const subtract = (a: Rational, b: Rational): Rational => add(a, { num: -b.num, den: b.den })
export const multiply = (a: Rational, b: Rational): Rational => ratio(a.num * b.num, a.den * b.den)
export const sum = (values: readonly Rational[]): Rational => values.reduce(add, ZERO)
export const isLess = (a: Rational, b: Rational): boolean => a.num * b.den < b.num * a.den
export const smaller = (a: Rational, b: Rational): Rational => (isLess(b, a) ? b : a)
export const larger = (a: Rational, b: Rational): Rational => (isLess(a, b) ? b : a)

/** `a / b`; `b` must not be zero. */
export const divide = (a: Rational, b: Rational): Rational =>
  b.num < 0n ? ratio(-a.num * b.den, a.den * -b.num) : ratio(a.num * b.den, a.den * b.num)

/** Nearest integer, ties to even. */
export function roundHalfEven({ num, den }: Rational): number {
  const isNegative = num < 0n
  const abs = isNegative ? -num : num
  const whole = abs / den
  const twice = (abs % den) * 2n
  const up = twice > den || (twice === den && whole % 2n === 1n) ? 1n : 0n
  const rounded = Number(whole + up)
  return isNegative && rounded !== 0 ? -rounded : rounded
}
