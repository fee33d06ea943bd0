import * as z from 'zod'

/** An amount in integer minor units ("cents") with its ISO 4217 currency in upper case. */
export const Money = z.object({
  amount: z.int().describe('Integer minor units as Stripe counts them'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe('ISO 4217 code, upper case'),
})
export type Money = z.infer<typeof Money>

/**
 * Exponents that differ from 2, as Stripe counts minor units. Not derived from ISO 4217 or Intl: UGX and ISK are
 * sent with two decimals by Stripe although they have none in reality, and MGA is zero-decimal.
 * @see https://docs.stripe.com/currencies
 */
const EXPONENTS: Record<string, number> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  MGA: 0,
  PYG: 0,
  RWF: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  JOD: 3,
  KWD: 3,
  OMR: 3,
  TND: 3,
}

/** Number of decimals between minor and major units. */
export const exponentOf = (currency: string): number => EXPONENTS[currency.toUpperCase()] ?? 2

export const money = (amount: number, currency: string): Money => ({
  amount,
  currency: currency.toUpperCase(),
})

/** Exact decimal text in major units: `{amount: 1999, currency: 'EUR'}` → `"19.99"`, 500 JPY → `"500"`. */
export function majorText({ amount, currency }: Money): string {
  const exponent = exponentOf(currency)
  const digits = Math.abs(amount)
    .toString()
    .padStart(exponent + 1, '0')
  const sign = amount < 0 ? '-' : ''
  if (exponent === 0) return sign + digits
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** Major units as a number, for CRM fields of type currency. */
export const majorNumber = (value: Money): number => Number(majorText(value))

/**
 * Reads a decimal text in major units ("1,234.50" must already be normalised to "1234.50").
 * @returns undefined where the text is not a number; excess decimals are rounded half away from zero.
 */
export function parseMajor(text: string, currency: string): Money | undefined {
  const match = /^([+-])?(\d+)(?:\.(\d+))?$/.exec(text.trim())
  if (!match) return undefined
  const exponent = exponentOf(currency)
  const decimals = match[3] ?? ''
  const kept = decimals.slice(0, exponent).padEnd(exponent, '0')
  const roundUp = (decimals[exponent] ?? '0') >= '5' ? 1 : 0
  const amount = Number(match[2] + kept) + roundUp
  if (!Number.isSafeInteger(amount)) return undefined
  return money(match[1] === '-' ? -amount : amount, currency)
}
