import { Hono } from 'hono'
import { createSandbox, type Sandbox } from '../sandbox.ts'

/** A legal entity of the simulated index. */
export interface GleifEntity {
  lei: string
  name: string
  country: string
  city?: string
  status?: 'ACTIVE' | 'INACTIVE'
  registration?: 'ISSUED' | 'LAPSED' | 'ANNULLED' | 'DUPLICATE'
  /** LEI; absent: no parent reported. */
  parent?: string
  ultimateParent?: string
}

export interface GleifSandboxOptions {
  entities: readonly GleifEntity[]
  /** Default 60, as for everybody. */
  perMinute?: number
  now?: () => number
}

export interface GleifSandbox extends Sandbox {
  /** Searches by name. */
  readonly searches: readonly string[]
}

const FILTERS = [
  'filter[entity.legalName]',
  'filter[entity.legalAddress.country]',
  'filter[lei]',
  'filter[fulltext]',
]
const PAGING = ['page[size]', 'page[number]']
const MINUTE_MS = 60_000

/** The Global LEI Index, JSON:API. @see https://documenter.getpostman.com/view/7679680/SVYrrxuU */
export function createGleifSandbox(options: GleifSandboxOptions): GleifSandbox {
  const { entities, perMinute = 60, now = () => Date.now() } = options
  const byLei = new Map(entities.map((entity) => [entity.lei, entity]))
  const searches: string[] = []
  const window = { start: 0, calls: 0 }
  const app = new Hono()

  app.use(async (c, next) => {
    const start = Math.floor(now() / MINUTE_MS) * MINUTE_MS
    if (window.start !== start) Object.assign(window, { start, calls: 0 })
    window.calls++
    if (window.calls <= perMinute) return next()
    c.header('retry-after', String(Math.ceil((start + MINUTE_MS - now()) / 1000)))
    return c.json({ errors: [{ status: '429', title: 'Too Many Requests' }] }, 429)
  })
  app.get('/api/v1/lei-records', (c) => {
    const query = new URL(c.req.url).searchParams
    for (const name of query.keys())
      if (![...FILTERS, ...PAGING].includes(name))
        return c.json(problem(400, `Unknown parameter ${name}`), 400)
    const size = Number(query.get('page[size]') ?? '15')
    if (!Number.isInteger(size) || size < 1 || size > 200)
      return c.json(problem(400, 'page[size] must be between 1 and 200'), 400)
    const name = query.get('filter[entity.legalName]')
    const country = query.get('filter[entity.legalAddress.country]')
    if (name !== null) searches.push(name)
    const found = entities.filter(
      (entity) =>
        (name === null || entity.name.toLowerCase().includes(name.toLowerCase())) &&
        (country === null || entity.country === country),
    )
    return c.json({
      meta: { pagination: { currentPage: 1, perPage: size, total: found.length } },
      data: found.slice(0, size).map(recordOf),
    })
  })
  for (const which of ['direct-parent', 'ultimate-parent'] as const)
    app.get(`/api/v1/lei-records/:lei/${which}`, (c) => {
      const child = byLei.get(c.req.param('lei'))
      const parent = byLei.get((which === 'direct-parent' ? child?.parent : child?.ultimateParent) ?? '')
      return parent ? c.json({ data: recordOf(parent) }) : c.json(problem(404, 'Not Found'), 404)
    })
  app.notFound((c) => c.json(problem(404, 'Not Found'), 404))

  return { ...createSandbox({ name: 'gleif', hosts: ['api.gleif.org'], app }), searches }
}

const problem = (status: number, title: string) => ({ errors: [{ status: String(status), title }] })

const recordOf = ({
  lei,
  name,
  country,
  city = 'Capital',
  status = 'ACTIVE',
  registration = 'ISSUED',
}: GleifEntity) => ({
  type: 'lei-records',
  id: lei,
  attributes: {
    lei,
    entity: {
      legalName: { name, language: 'en' },
      otherNames: [],
      legalAddress: { addressLines: ['1 Main Street'], city, region: null, country, postalCode: null },
      jurisdiction: country,
      category: 'GENERAL',
      status,
      creationDate: '2001-01-01T00:00:00Z',
    },
    registration: { status: registration, lastUpdateDate: '2026-01-01T00:00:00Z' },
  },
})
