import { type Money, parseMajor } from '#model'

const SYMBOLS: Record<string, string> = {
  '€': 'EUR',
  '£': 'GBP',
  '₹': 'INR',
  '₩': 'KRW',
  '₽': 'RUB',
  '₺': 'TRY',
  '₪': 'ILS',
  '₴': 'UAH',
  '₫': 'VND',
  '฿': 'THB',
}

export type DecimalMark = '.' | ','

/** Digits and marks of Arabic, Persian, Urdu and Hindi in their ASCII form. */
function asciiDigits(text: string): string {
  return text
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x0660))
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x06f0))
    .replace(/[०-९]/g, (digit) => String(digit.charCodeAt(0) - 0x0966))
    .replaceAll('٫', '.')
    .replaceAll('٬', ',')
}

/** ISO code, or a symbol that means one currency only; "$" and "¥" could be several, so the file's default decides. */
export function readCurrency(text: string): string | undefined {
  const trimmed = text.trim()
  return /^[A-Za-z]{3}$/.test(trimmed) ? trimmed.toUpperCase() : SYMBOLS[trimmed]
}

export interface AmountText {
  isNegative: boolean
  /** Digits, dots and commas. */
  digits: string
  /** Currency written beside the number. */
  currency?: string
}

/** Takes "(1.234,50) €" apart; undefined where it is not an amount. */
export function splitAmount(text: string): AmountText | undefined {
  const plain = asciiDigits(text.normalize('NFKC')).replace(/[\s'’_]/g, '')
  const match = /^(\()?([+-])?([^\d.,+\-()]*)([+-])?([\d.,]*\d[\d.,]*)([^\d.,+\-()]*)(-)?(\))?$/.exec(plain)
  if (!match || (match[1] === '(') !== (match[8] === ')')) return undefined
  const unit = match[3] || match[6] || ''
  const currency = unit ? readCurrency(unit) : undefined
  if (unit && !currency && !/^(US)?\$$|^[¥$]$/.test(unit)) return undefined
  const signs = [match[1], match[2], match[4], match[7]].filter((sign) => sign !== undefined)
  if (signs.length > 1) return undefined
  const isNegative = signs.length > 0 && signs[0] !== '+'
  return { isNegative, digits: match[5]!, ...(currency ? { currency } : {}) }
}

/** Which mark a number gives away: "12,5" and "1.234,50" a comma, "1,234.5" a dot, "1,234" neither. */
export function evidentMark(digits: string): DecimalMark | undefined {
  const [comma, dot] = [digits.lastIndexOf(','), digits.lastIndexOf('.')]
  if (comma >= 0 && dot >= 0) return comma > dot ? ',' : '.'
  const mark = comma >= 0 ? ',' : dot >= 0 ? '.' : undefined
  if (!mark) return undefined
  const parts = digits.split(mark)
  // Repeated marks group thousands, so the other one would be the decimal mark.
  if (parts.length > 2) return mark === ',' ? '.' : ','
  return parts[1]!.length === 3 && parts[0] !== '0' && parts[0] !== '' ? undefined : mark
}

/** Exact minor units; undefined where the number does not fit the decimal mark. */
export function toMoney(amount: AmountText, mark: DecimalMark, currency: string): Money | undefined {
  const group = mark === '.' ? ',' : '.'
  const [whole = '', decimals, ...more] = amount.digits.split(mark)
  if (more.length > 0 || decimals?.includes(group)) return undefined
  if (whole.includes(group) && !/^\d{1,3}([.,]\d{2,3})*[.,]\d{3}$/.test(whole)) return undefined
  const plain = `${amount.isNegative ? '-' : ''}${whole.replaceAll(group, '') || '0'}${decimals ? `.${decimals}` : ''}`
  return parseMajor(plain, currency)
}
