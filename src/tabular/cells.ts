import { countryCode } from '#kit'
import { type AmountText, splitAmount } from './amounts.ts'
import type { Columns } from './columns.ts'
import { type DateOrder, readDate } from './dates.ts'
import { type FieldType, fieldsOf, type Kind } from './fields.ts'
import type { RawRow } from './read-table.ts'

/** A cell as its field's type. Amounts are only taken apart: their currency is known when the whole row is. */
export type Value = string | number | AmountText | null

/** undefined: no column, or a value that could not be used (which was noted). */
export interface ReadRow {
  line: number
  cells: readonly string[]
  text(field: string): string | null | undefined
  instant(field: string): number | null | undefined
  amount(field: string): AmountText | null | undefined
}

export interface CellContext {
  kind: Kind
  columns: Columns
  dateOrders: Map<string, DateOrder | undefined>
  note(field: string, message: string): void
}

/** Programs that guard against formulas write an apostrophe before such cells; it is not part of the value. */
export const clean = (cell: string): string => cell.replace(/^'(?=[=+\-@\t\r])/, '').trim()

/** What a formula leaves that has no result. */
const FORMULA_ERROR = /^#(N\/A|REF!|VALUE!|DIV\/0!|NAME\?|NUM!|NULL!|ERROR!)$/i

/** A number that a spreadsheet shortened: its last digits are gone, so it identifies nothing any more. */
const DAMAGED = /^\d(?:[.,]\d+)?E\+\d+$/i

export function readRow({ line, cells }: RawRow, ctx: CellContext): ReadRow {
  const values = new Map<string, Value>()
  for (const [field, { type }] of Object.entries(fieldsOf(ctx.kind))) {
    const index = ctx.columns.get(field)
    if (index === undefined) continue
    const cell = clean(cells[index] ?? '')
    const value = cell === '' ? null : readCell(cell, field, type, ctx)
    if (value !== undefined) values.set(field, value)
  }
  const get = <T extends Value>(field: string) => values.get(field) as T | null | undefined
  return { line, cells, text: get<string>, instant: get<number>, amount: get<AmountText> }
}

function readCell(cell: string, field: string, type: FieldType, ctx: CellContext): Value | undefined {
  if (FORMULA_ERROR.test(cell)) {
    ctx.note(field, `${cell} is the error of a formula and is not used`)
    return undefined
  }
  switch (type) {
    case 'id':
      if (!DAMAGED.test(cell)) return cell
      ctx.note(
        field,
        `"${cell}" was shortened by a spreadsheet and is not used; format the column as text before saving`,
      )
      return undefined
    case 'email':
      if (/^[^\s@]+@[^\s@]+$/.test(cell)) return cell
      ctx.note(field, `"${cell}" is not an e-mail address and is not used`)
      return undefined
    case 'country': {
      const code = countryCode(cell)
      if (!code) ctx.note(field, `"${cell}" is not a country that we know and is not used`)
      return code
    }
    case 'date': {
      const reading = readDate(cell, ctx.dateOrders.get(field))
      if ('at' in reading) return reading.at
      ctx.note(field, reading.problem)
      return undefined
    }
    case 'amount': {
      const amount = splitAmount(cell)
      if (!amount) ctx.note(field, `"${cell}" is not an amount`)
      return amount
    }
    default:
      return cell
  }
}
