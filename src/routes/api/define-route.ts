import * as z from 'zod'
import { RecordError } from '#kit'
import type { EngineDeps } from '../../engine/deps.ts'
import type { InspectPort } from '../../engine/ports.ts'
import { type FieldProblem, problem } from '../problem.ts'

type Fields = Record<string, z.ZodType>

/** One operation of the API: what the document says and what the server does are the same value. */
export interface Route {
  method: 'get' | 'post'
  /** Below /api, with Hono's `:name` for parameters. */
  path: string
  /** Stable name of the operation for generated clients. */
  id: string
  summary: string
  tag: string
  params: Fields
  query: Fields
  /** Of a POST: its JSON body. */
  body?: z.ZodType
  response: z.ZodType
  /** 202: the answer says where to look for what is done meanwhile. */
  status: 200 | 202
  handle(context: ApiContext, request: ApiRequest): Promise<unknown>
}

export interface ApiContext {
  inspect: InspectPort
  engine: EngineDeps
  /** Address of the hub as browsers see it, without a slash at the end. */
  origin: string
  /** Ends when the caller is gone. */
  signal: AbortSignal
  /** Lets work that was put down begin now. */
  wake(): void
}

export interface ApiRequest {
  params: Record<string, string>
  query: Record<string, string>
  /** Parsed JSON; undefined where there is none. */
  body?: unknown
}

type Values<F extends Fields> = z.output<z.ZodObject<F>>

/** Binds the types of parameters, filters, body and answer to the handler. What has a body is a POST: it does something. */
export function defineRoute<
  R extends z.ZodType,
  P extends Fields = Record<never, never>,
  Q extends Fields = Record<never, never>,
  B extends z.ZodType = z.ZodUndefined,
>(route: {
  path: string
  id: string
  summary: string
  tag: string
  params?: P
  query?: Q
  body?: B
  response: R
  status?: Route['status']
  handler(input: ApiContext & { params: Values<P>; query: Values<Q>; body: z.output<B> }): Promise<z.input<R>>
}): Route {
  const params = z.strictObject(route.params ?? ({} as P))
  const query = z.strictObject(route.query ?? ({} as Q))
  return {
    method: route.body ? 'post' : 'get',
    path: route.path,
    id: route.id,
    summary: route.summary,
    tag: route.tag,
    params: route.params ?? {},
    query: route.query ?? {},
    ...(route.body ? { body: route.body } : {}),
    response: route.response,
    status: route.status ?? 200,
    async handle(context, request) {
      const parsedParams = params.safeParse(request.params)
      const parsedQuery = query.safeParse(request.query)
      const parsedBody = (route.body ?? z.undefined()).safeParse(request.body)
      if (!parsedParams.success || !parsedQuery.success || !parsedBody.success) {
        throw new InvalidRequest(
          [parsedParams, parsedQuery, parsedBody].flatMap(({ error }) => fieldProblems(error)),
        )
      }
      const answer = await route.handler({
        ...context,
        params: parsedParams.data as Values<P>,
        query: parsedQuery.data as Values<Q>,
        body: parsedBody.data as z.output<B>,
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
