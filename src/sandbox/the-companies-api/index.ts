import { Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'

/** A company of the simulated index. */
export interface IndexedCompany {
  domain: string
  name: string
  industry?: string
  employees?: number
  country?: { code: string; name: string }
  parent?: { name: string; domain: string }
}

export interface CompaniesApiSandboxOptions {
  apiToken: string
  companies: readonly IndexedCompany[]
  /** Credits of the account; 402 where they are used up. Unlimited where absent. */
  credits?: number
  /** Default 50. */
  perSecond?: number
  now?: () => number
}

export interface CompaniesApiSandbox extends Sandbox {
  /** Look-ups that reached the index, by domain. */
  readonly lookups: ReadonlyMap<string, number>
  readonly creditsSpent: number
}

/** The Companies API v2, by domain. @see https://api.thecompaniesapi.com/v2/openapi */
export function createCompaniesApiSandbox(options: CompaniesApiSandboxOptions): CompaniesApiSandbox {
  const {
    apiToken,
    companies,
    credits = Number.POSITIVE_INFINITY,
    perSecond = 50,
    now = () => Date.now(),
  } = options
  const byDomain = new Map(companies.map((company) => [company.domain, company]))
  const lookups = new Map<string, number>()
  const window = { start: 0, calls: 0 }
  let spent = 0
  const app = new Hono()

  app.use(async (c, next) => {
    if (c.req.header('authorization') !== `Basic ${apiToken}`)
      return c.json({ messages: 'Unauthorized', status: 401 }, 401)
    const start = Math.floor(now() / 1000) * 1000
    if (window.start !== start) Object.assign(window, { start, calls: 0 })
    window.calls++
    return window.calls > perSecond ? c.json({ messages: 'Too many requests', status: 429 }, 429) : next()
  })
  app.get('/v2/user', (c) => c.json({ id: 1, email: 'owner@example.com', role: 'user' }))
  app.get('/v2/companies/:domain', (c) => {
    const domain = c.req.param('domain')
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain))
      return c.json({ messages: 'Invalid domain', status: 400 }, 400)
    if (spent >= credits) return c.json({ messages: 'Not enough credits', status: 402 }, 402)
    lookups.set(domain, (lookups.get(domain) ?? 0) + 1)
    const company = byDomain.get(domain)
    if (!company) return c.json({ messages: 'Company not found', status: 404 }, 404)
    spent++
    const { name, industry, employees, country, parent } = company
    return c.json({
      about: {
        name,
        ...(industry ? { industry } : {}),
        ...(employees ? { totalEmployeesExact: employees } : {}),
      },
      ...(parent ? { companies: { parent } } : {}),
      domain: { domain, state: 'operating' },
      locations: { headquarters: country ? { country } : {} },
      meta: {
        cost: 1,
        syncedAt: new Date(now()).toISOString(),
        ...(Number.isFinite(credits) ? { credits: credits - spent } : {}),
      },
      socials: {},
    })
  })
  app.notFound((c) => c.json({ messages: 'Not found', status: 404 }, 404))

  return {
    ...createSandbox({ name: 'the-companies-api', hosts: ['api.thecompaniesapi.com'], app }),
    lookups,
    get creditsSpent() {
      return spent
    },
  }
}
