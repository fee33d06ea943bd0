import { type Context, Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'

export interface ApolloOrganization {
  primary_domain: string
  name: string
  [field: string]: unknown
}
export interface ApolloPerson {
  email: string
  name: string
  [field: string]: unknown
}

export interface ApolloSandboxOptions {
  apiKey: string
  organizations?: readonly ApolloOrganization[]
  people?: readonly ApolloPerson[]
  /** Endpoints that the key is not scoped to: 403. */
  closed?: readonly ('organizations/enrich' | 'people/match')[]
  /** Calls per minute and endpoint. Default 1,000. */
  perMinute?: number
  now?: () => number
}

export interface ApolloSandbox extends Sandbox {
  /** Look-ups that reached the data, by `company:acme.com` and `person:ada@acme.com`. */
  readonly lookups: ReadonlyMap<string, number>
}

const MINUTE_MS = 60_000
const KNOWN = {
  'organizations/enrich': ['domain', 'website', 'name', 'linkedin_url'],
  'people/match': [
    'email',
    'first_name',
    'last_name',
    'name',
    'domain',
    'organization_name',
    'linkedin_url',
    'reveal_personal_emails',
    'reveal_phone_number',
    'webhook_url',
  ],
}

/** Apollo's enrichment. @see https://docs.apollo.io/reference/organization-enrichment */
export function createApolloSandbox(options: ApolloSandboxOptions): ApolloSandbox {
  const {
    apiKey,
    organizations = [],
    people = [],
    closed = [],
    perMinute = 1_000,
    now = () => Date.now(),
  } = options
  const byDomain = new Map(organizations.map((found) => [found.primary_domain, found]))
  const byEmail = new Map(people.map((found) => [found.email.toLowerCase(), found]))
  const lookups = new Map<string, number>()
  const windows = new Map<string, { start: number; calls: number }>()
  const app = new Hono()

  /** What is wrong with a call, before anything is looked up. */
  function refuse(c: Context, endpoint: keyof typeof KNOWN): Response | undefined {
    if (c.req.header('x-api-key') !== apiKey) return c.json({ error: 'Invalid access credentials.' }, 401)
    if (closed.includes(endpoint))
      return c.json(
        { error: `api/v1/${endpoint} is not accessible with this api_key`, error_code: 'API_INACCESSIBLE' },
        403,
      )
    const start = Math.floor(now() / MINUTE_MS) * MINUTE_MS
    const held = windows.get(endpoint)
    const window = held?.start === start ? held : { start, calls: 0 }
    window.calls++
    windows.set(endpoint, window)
    c.header('x-minute-requests-left', String(Math.max(0, perMinute - window.calls)))
    if (window.calls > perMinute) {
      c.header('retry-after', String(Math.ceil((start + MINUTE_MS - now()) / 1000)))
      return c.json({ message: 'The maximum number of api calls allowed is reached' }, 429)
    }
    const unknown = Object.keys(c.req.query()).find((name) => !KNOWN[endpoint].includes(name))
    return unknown ? c.json({ error: `Unknown parameter ${unknown}` }, 422) : undefined
  }
  const count = (key: string) => lookups.set(key, (lookups.get(key) ?? 0) + 1)

  app.get('/api/v1/auth/health', (c) =>
    c.json({ healthy: true, is_logged_in: c.req.header('x-api-key') === apiKey }),
  )
  app.get('/api/v1/organizations/enrich', (c) => {
    const refused = refuse(c, 'organizations/enrich')
    if (refused) return refused
    const domain = c.req.query('domain')
    if (!domain) return c.json({ error: 'domain is missing' }, 422)
    count(`company:${domain}`)
    const organization = byDomain.get(domain)
    return c.json(organization ? { organization } : {})
  })
  app.post('/api/v1/people/match', (c) => {
    const refused = refuse(c, 'people/match')
    if (refused) return refused
    const email = c.req.query('email')?.toLowerCase()
    if (!email) return c.json({ error: 'nothing to match by' }, 422)
    count(`person:${email}`)
    return c.json({ person: byEmail.get(email) ?? null })
  })
  app.notFound((c) => c.json({ error: 'Not found' }, 404))

  return { ...createSandbox({ name: 'apollo', hosts: ['api.apollo.io'], app }), lookups }
}
