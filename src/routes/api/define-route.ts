import * as z from 'zod'
import { RecordError } from '#kit'
import type { InspectPort } from '../../engine/ports.ts'
import { type FieldProblem, problem } from '../problem.ts'

type Fields = Record<string, z.ZodType>

/** One operation of the API: what the document says and what the server does are the same value. */
export interface Route {
  /** Below /api, with Hono's `:name` for parameters. */
  path: string
  /** Stable name of the operation for generated clients. */
  id: string
  summary: string
  tag: string
  params: Fields
  query: Fields
  response: z.ZodType
  handle(
    inspect: InspectPort,
    params: Record<string, string>,
    query: Record<string, string>,
  ): Promise<unknown>
}

type Values<F extends Fields> = z.output<z.ZodObject<F>>

/** Binds the types of parameters, filters and answer to the handler. Only GET: the API reads. */
export function defineRoute<
  R extends z.ZodType,
  P extends Fields = Record<never, never>,
  Q extends Fields = Record<never, never>,
>(route: {
  path: string
  id: string
  summary: string
  tag: string
  params?: P
  query?: Q
  response: R
  handler(input: { inspect: InspectPort; params: Values<P>; query: Values<Q> }): Promise<z.input<R>>
}): Route {
  const params = z.strictObject(route.params ?? ({} as P))
  const query = z.strictObject(route.query ?? ({} as Q))
  return {
    path: route.path,
    id: route.id,
    summary: route.summary,
    tag: route.tag,
    params: route.params ?? {},
    query: route.query ?? {},
    response: route.response,
    async handle(inspect, rawParams, rawQuery) {
      const [parsedParams, parsedQuery] = [params.safeParse(rawParams), query.safeParse(rawQuery)]
      if (!parsedParams.success || !parsedQuery.success) {
        throw new InvalidRequest([...fieldProblems(parsedParams.error), ...fieldProblems(parsedQuery.error)])
      }
      const answer = await route.handler({
        inspect,
        params: parsedParams.data as Values<P>,
        query: parsedQuery.data as Values<Q>,
      })
      // Parsed once more, so that nothing undeclared can leave.
      return route.response.parse(answer)
    },
  }
}

export class InvalidRequest extends RecordError {
  readonly errors: FieldProblem[]

  constructor(errors: FieldProblem[]) {
    super('request.invalid', errors.map(({ field, detail }) => `${field}: ${detail}`).join('; '))
    this.errors = errors
  }

  answer(): Response {
    return problem(this, { errors: this.errors })
  }
}

function fieldProblems(error: z.ZodError | undefined): FieldProblem[] {
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((field) => ({ field, detail: 'unknown parameter' }))
    return [{ field: issue.path.join('.'), detail: issue.message }]
  })
}
