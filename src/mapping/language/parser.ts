import { type Token, tokenize } from './lexer.ts'
import { type BinaryOperator, type Expression, isComparison, type Name, SyntaxFault } from './syntax.ts'

/** Bounds that keep parsing and compiling within the stack whatever a file holds. */
const MAX_LENGTH = 2000
const MAX_DEPTH = 40

export type Parsed = { ok: true; expression: Expression } | { ok: false; message: string; start: number }

/**
 * Reads one expression. Binding, loosest first: `??` · or · and · not · comparisons and in · + - · * / · unary - · `|`.
 * The pipe binds tightest, so `a ?? b | f` is `a ?? (b | f)` and `x | count > 3` is `(x | count) > 3`.
 */
export function parseExpression(source: string): Parsed {
  try {
    if (source.trim() === '') throw new SyntaxFault('The expression is empty.', 0)
    if (source.length > MAX_LENGTH)
      throw new SyntaxFault(`The expression is longer than ${MAX_LENGTH} characters.`, 0)
    return { ok: true, expression: new Parser(tokenize(source)).parse() }
  } catch (error) {
    if (error instanceof SyntaxFault) return { ok: false, message: error.message, start: error.start }
    throw error
  }
}

class Parser {
  private readonly tokens: Token[]
  private position = 0
  private depth = 0

  constructor(tokens: Token[]) {
    this.tokens = tokens
  }

  parse(): Expression {
    const expression = this.coalesce()
    const left = this.current
    if (left.kind !== 'end') throw new SyntaxFault(this.unexpected(left), left.start)
    return expression
  }

  private get current(): Token {
    return this.tokens[this.position]!
  }

  private advance(): Token {
    const token = this.current
    if (token.kind !== 'end') this.position++
    return token
  }

  private is(text: string): boolean {
    const { kind } = this.current
    return (kind === 'symbol' || kind === 'name') && this.current.text === text
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false
    this.advance()
    return true
  }

  private expect(text: string, why: string): void {
    if (!this.take(text))
      throw new SyntaxFault(`Expected ${text} ${why}, found ${describe(this.current)}.`, this.current.start)
  }

  private unexpected(token: Token): string {
    if (token.text === '=') return 'Write == to compare.'
    const isValue = token.kind === 'name' || token.kind === 'string' || token.kind === 'number'
    const hint = isValue ? ' Is an operator or | missing before it?' : ''
    return `Unexpected ${describe(token)}.${hint}`
  }

  private leftAssociative(operators: readonly BinaryOperator[], operand: () => Expression): Expression {
    let left = operand()
    for (;;) {
      const operator = operators.find((text) => this.is(text))
      if (!operator) return left
      const { start } = this.advance()
      left = { type: 'binary', operator, left, right: operand(), start }
    }
  }

  private coalesce(): Expression {
    if (++this.depth > MAX_DEPTH)
      throw new SyntaxFault('The expression is nested too deeply.', this.current.start)
    const expression = this.leftAssociative(['??'], () => this.or())
    this.depth--
    return expression
  }

  private or(): Expression {
    return this.leftAssociative(['or'], () => this.leftAssociative(['and'], () => this.negation()))
  }

  private negation(): Expression {
    if (!this.is('not')) return this.comparison()
    const { start } = this.advance()
    if (++this.depth > MAX_DEPTH) throw new SyntaxFault('The expression is nested too deeply.', start)
    const operand = this.negation()
    this.depth--
    return { type: 'unary', operator: 'not', operand, start }
  }

  private comparison(): Expression {
    const left = this.sum()
    const { start } = this.current
    const operator = this.comparisonOperator()
    if (!operator) return left
    const expression: Expression = { type: 'binary', operator, left, right: this.sum(), start }
    const next = this.current
    if (
      (next.kind === 'symbol' || next.kind === 'name') &&
      (isComparison(next.text) || next.text === 'not')
    ) {
      throw new SyntaxFault('Comparisons cannot be chained; join them with and.', next.start)
    }
    return expression
  }

  private comparisonOperator(): BinaryOperator | undefined {
    for (const operator of ['==', '!=', '<=', '>=', '<', '>', 'in'] as const)
      if (this.take(operator)) return operator
    const next = this.tokens[this.position + 1]
    if (this.is('not') && next?.kind === 'name' && next.text === 'in') {
      this.advance()
      this.advance()
      return 'not in'
    }
    return undefined
  }

  private sum(): Expression {
    return this.leftAssociative(['+', '-'], () => this.leftAssociative(['*', '/'], () => this.minus()))
  }

  private minus(): Expression {
    const next = this.tokens[this.position + 1]
    if (!this.is('-') || next?.kind === 'number') return this.pipe()
    const { start } = this.advance()
    return { type: 'unary', operator: '-', operand: this.pipe(), start }
  }

  private pipe(): Expression {
    let value = this.primary()
    while (this.take('|')) {
      const name = this.name('a function name after |')
      const args = this.is('(') ? this.args() : []
      value = { type: 'call', name, args: [value, ...args], start: name.start }
    }
    return value
  }

  private primary(): Expression {
    const token = this.advance()
    const { start } = token
    if (token.kind === 'number') return { type: 'literal', value: Number(token.text), start }
    if (token.kind === 'string') return { type: 'literal', value: token.text, start }
    if (token.kind === 'name') return this.named(token)
    if (token.text === '-' && this.current.kind === 'number') {
      return { type: 'literal', value: -Number(this.advance().text), start }
    }
    if (token.text === '(') {
      const inner = this.coalesce()
      this.expect(')', 'to close the parenthesis')
      return inner.type === 'call' ? { ...inner, isGrouped: true } : inner
    }
    if (token.text === '[') return { type: 'list', items: this.items(']', 'to close the list'), start }
    throw new SyntaxFault(`Expected a value, found ${describe(token)}.`, start)
  }

  private named(token: Token): Expression {
    const { start, text } = token
    if (text === 'true' || text === 'false') return { type: 'literal', value: text === 'true', start }
    if (text === 'null') return { type: 'literal', value: null, start }
    if (['and', 'or', 'in'].includes(text)) throw new SyntaxFault(`Expected a value before ${text}.`, start)
    if (this.is('(')) return { type: 'call', name: { text, start }, args: this.args(), start }
    const names: Name[] = [{ text, start }]
    while (this.take('.')) names.push(this.name('a name after the dot'))
    return { type: 'path', names, start }
  }

  private name(what: string): Name {
    const token = this.advance()
    if (token.kind !== 'name')
      throw new SyntaxFault(`Expected ${what}, found ${describe(token)}.`, token.start)
    return { text: token.text, start: token.start }
  }

  private args(): Expression[] {
    this.expect('(', 'before the arguments')
    return this.items(')', 'after the arguments')
  }

  private items(close: string, why: string): Expression[] {
    const items: Expression[] = []
    while (!this.is(close)) {
      items.push(this.condition())
      if (!this.take(',')) break
    }
    this.expect(close, why)
    return items
  }

  /** `kind = "page.viewed"` is what people write inside where(…); it means ==. */
  private condition(): Expression {
    const left = this.coalesce()
    if (left.type !== 'path' || !this.is('=')) return left
    const { start } = this.advance()
    return { type: 'binary', operator: '==', left, right: this.coalesce(), start }
  }
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end'
  return token.kind === 'string' ? 'a text' : token.text
}
