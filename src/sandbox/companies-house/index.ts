import { Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'

/** A company of the simulated register. */
export interface RegisteredCompany {
  number: string
  title: string
  status?: string
  /** Number of the company that holds it. */
  heldBy?: { number: string; name: string; country?: string; share?: string }
}

export interface CompaniesHouseSandboxOptions {
  apiKey: string
  companies: readonly RegisteredCompany[]
  /** Requests in five minutes. Default 600. */
  perWindow?: number
  now?: () => number
}

const WINDOW_MS = 5 * 60_000

/** The public data API. @see https://developer-specs.company-information.service.gov.uk/companies-house-public-data-api/reference */
export function createCompaniesHouseSandbox(options: CompaniesHouseSandboxOptions): Sandbox {
  const { apiKey, companies, perWindow = 600, now = () => Date.now() } = options
  const byNumber = new Map(companies.map((company) => [company.number, company]))
  const window = { start: 0, calls: 0 }
  const app = new Hono()

  app.use(async (c, next) => {
    if (c.req.header('authorization') !== `Basic ${btoa(`${apiKey}:`)}`)
      return c.json({ error: 'Invalid Authorization', type: 'ch:service' }, 401)
    const start = Math.floor(now() / WINDOW_MS) * WINDOW_MS
    if (window.start !== start) Object.assign(window, { start, calls: 0 })
    window.calls++
    c.header('x-ratelimit-limit', String(perWindow))
    c.header('x-ratelimit-remain', String(Math.max(0, perWindow - window.calls)))
    c.header('x-ratelimit-reset', String(Math.ceil((start + WINDOW_MS) / 1000)))
    return window.calls > perWindow ? c.body(null, 429) : next()
  })
  app.get('/search/companies', (c) => {
    const { q = '', items_per_page = '20' } = c.req.query()
    if (q === '') return c.json({ errors: [{ error: 'q is missing', type: 'ch:validation' }] }, 400)
    const found = companies.filter(({ title }) => title.toLowerCase().includes(q.toLowerCase()))
    const items = found.slice(0, Number(items_per_page)).map(({ number, title, status = 'active' }) => ({
      kind: 'searchresults#company',
      title,
      company_number: number,
      company_status: status,
      company_type: 'ltd',
      date_of_creation: '2001-01-01',
      address: { premises: '1', address_line_1: 'High Street', locality: 'Leeds', postal_code: 'LS1 1AA' },
      links: { self: `/company/${number}` },
    }))
    return c.json({ kind: 'search#companies', items, total_results: found.length, start_index: 0 })
  })
  app.get('/company/:number/persons-with-significant-control', (c) => {
    const held = byNumber.get(c.req.param('number'))?.heldBy
    if (!held) return c.json({ errors: [{ error: 'company-psc-not-found', type: 'ch:service' }] }, 404)
    const { number, name, country = 'England', share = '75-to-100' } = held
    const item = {
      kind: 'corporate-entity-person-with-significant-control',
      name,
      natures_of_control: [`ownership-of-shares-${share}-percent`],
      identification: { registration_number: number, country_registered: country },
    }
    return c.json({ items: [item], total_results: 1, active_count: 1, ceased_count: 0 })
  })
  app.notFound((c) => c.json({ errors: [{ error: 'not-found', type: 'ch:service' }] }, 404))

  return createSandbox({ name: 'companies-house', hosts: ['api.company-information.service.gov.uk'], app })
}
