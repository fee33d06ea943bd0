/** Offsets count UTF-16 units from the start of the expression's text. */
export type Expression =
  | { type: 'literal'; value: string | number | boolean | null; start: number }
  | { type: 'path'; names: Name[]; start: number }
  | { type: 'list'; items: Expression[]; start: number }
  | { type: 'call'; name: Name; args: Expression[]; start: number; isGrouped?: true }
  | { type: 'unary'; operator: 'not' | '-'; operand: Expression; start: number }
  | { type: 'binary'; operator: BinaryOperator; left: Expression; right: Expression; start: number }

export interface Name {
  text: string
  start: number
}

export type BinaryOperator =
  | '??'
  | 'or'
  | 'and'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | 'not in'
  | '+'
  | '-'
  | '*'
  | '/'

export const isComparison = (operator: string): boolean =>
  ['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'].includes(operator)

/** Thrown inside the parser only; `parseExpression` turns it into a result. */
export class SyntaxFault extends Error {
  readonly start: number
  constructor(message: string, start: number) {
    super(message)
    this.start = start
  }
}
