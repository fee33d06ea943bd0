import { type Context, Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { type Endpoint, included, parameterProblem, titlecased, websiteKey } from './parameters.ts'
import type { PdlCompany, PdlMatch, PdlPerson } from './types.ts'

export type * from './types.ts'

export interface PdlSandboxOptions {
  apiKey: string
  people: readonly PdlMatch<PdlPerson>[]
  companies: readonly PdlMatch<PdlCompany>[]
  /** Matches that the account may still make; 402 afterwards. Unlimited where absent. */
  credits?: number
  /** Calls per minute and endpoint, in fixed windows of the clock. Default 1,000, as for a paying account. */
  perMinute?: number
  now?: () => number
}

export interface PdlSandbox extends Sandbox {
  /** Look-ups that reached the data, by `person:ada@acme.de` and `company:acme.de`; refused calls are not counted. */
  readonly lookups: ReadonlyMap<string, number>
  readonly creditsSpent: number
  /** Credits bought (or taken away) while the account is in use. */
  addCredits(count: number): void
}

const MINUTE_MS = 60_000

/** People Data Labs v5 enrichment, as strict as its documentation. @see https://docs.peopledatalabs.com/docs/errors */
export function createPdlSandbox(options: PdlSandboxOptions): PdlSandbox {
  const { apiKey, perMinute = 1000, now = () => Date.now() } = options
  const companies = new Map(options.companies.map((match) => [websiteKey(match.profile.website), match]))
  const people = new Map(
    options.people.flatMap((match) => emailsOf(match.profile).map((email) => [email, match] as const)),
  )
  const lookups = new Map<string, number>()
  const windows = new Map<string, { start: number; calls: number }>()
  let credits = options.credits ?? Number.POSITIVE_INFINITY
  let spent = 0

  const app = new Hono()
  app.get('/v5/company/enrich', (c) =>
    answer(
      c,
      'company',
      websiteKey,
      (key) => companies.get(key),
      (profile, likelihood) => ({ status: 200, ...profile, likelihood }),
    ),
  )
  app.get('/v5/person/enrich', (c) =>
    answer(
      c,
      'person',
      emailKey,
      (key) => people.get(key),
      (data, likelihood) => ({ status: 200, likelihood, data }),
    ),
  )
  app.all('/v5/:entity/enrich', (c) =>
    failure(c, 405, 'invalid_request_error', 'You cannot use the request method on the requested resource'),
  )
  app.notFound((c) => failure(c, 404, 'not_found', 'No such endpoint'))

  function answer(
    c: Context,
    endpoint: Endpoint,
    keyOf: (text: string) => string,
    find: (key: string) => PdlMatch<object> | undefined,
    bodyOf: (profile: Record<string, unknown>, likelihood: number) => object,
  ): Response {
    const query = new URL(c.req.url).searchParams
    if ((c.req.header('x-api-key') ?? query.get('api_key')) !== apiKey) {
      return failure(c, 401, 'authentication_error', 'Request contained a missing or invalid key')
    }
    const window = countCall(c, endpoint)
    if (window.calls > perMinute) {
      return failure(
        c,
        429,
        'rate_limit_error',
        'An error occurred due to requests hitting the API too quick',
      )
    }
    const problem = parameterProblem(endpoint, query)
    if (problem) return failure(c, 400, 'invalid_request_error', problem)
    if (credits < 1) {
      return failure(
        c,
        402,
        'payment_required',
        'You have reached your account maximum (all matches have been used)',
      )
    }
    const key = keyOf(query.get(endpoint === 'company' ? 'website' : 'email') ?? '')
    lookups.set(`${endpoint}:${key}`, (lookups.get(`${endpoint}:${key}`) ?? 0) + 1)
    const match = find(key)
    if (!match || match.likelihood < Number(query.get('min_likelihood') ?? '2')) {
      c.header('x-call-credits-spent', '0')
      return failure(c, 404, 'not_found', 'No records were found matching your request')
    }
    credits -= 1
    spent += 1
    c.header('x-call-credits-spent', '1')
    c.header('x-call-credits-type', endpoint === 'company' ? 'enrich_company' : 'enrich')
    if (Number.isFinite(credits)) c.header('x-totallimit-remaining', String(credits))
    const profile = included({ ...match.profile }, query.get('data_include'))
    const cased =
      query.get('titlecase')?.toLowerCase() === 'true' ? (titlecased(profile) as typeof profile) : profile
    return c.json(bodyOf(cased, match.likelihood))
  }

  function countCall(c: Context, endpoint: Endpoint) {
    const start = Math.floor(now() / MINUTE_MS) * MINUTE_MS
    const held = windows.get(endpoint)
    const window = held?.start === start ? held : { start, calls: 0 }
    window.calls += 1
    windows.set(endpoint, window)
    c.header('x-ratelimit-limit', JSON.stringify({ minute: perMinute }))
    c.header('x-ratelimit-remaining', JSON.stringify({ minute: Math.max(0, perMinute - window.calls) }))
    c.header('x-ratelimit-reset', new Date(start + MINUTE_MS).toISOString())
    return window
  }

  const sandbox = createSandbox({ name: 'people-data-labs', hosts: ['api.peopledatalabs.com'], app })
  return {
    ...sandbox,
    lookups,
    addCredits(count) {
      credits += count
    },
    get creditsSpent() {
      return spent
    },
  }
}

const emailKey = (text: string) => text.trim().toLowerCase()

const emailsOf = (person: PdlPerson): string[] =>
  [person.work_email, ...person.personal_emails].filter((email) => email !== null).map(emailKey)

const failure = (c: Context, status: 400 | 401 | 402 | 404 | 405 | 429, type: string, message: string) =>
  c.json({ status, error: { type, message } }, status)
