import { expect, test } from 'vitest'
import { AuthError, type EnrichmentAnswer, RateLimitError, secretFields } from '#kit'
import { DAY_MS } from '#model'
import { config as schema } from '../../connectors/people-data-labs/config.ts'
import connector from '../../connectors/people-data-labs/index.ts'
import { createPdlSandbox, type PdlSandboxOptions } from '../../src/sandbox/people-data-labs/index.ts'
import { contextOf, NOW, testClock } from './support.ts'

const enricher = connector.enricher!
const company = { kind: 'account', domain: 'brightwell-tools.co.uk' } as const
const person = { kind: 'person', email: 'Ana.Ortiz@brightwell-tools.co.uk' } as const

const profiles: Pick<PdlSandboxOptions, 'people' | 'companies'> = {
  companies: [
    {
      likelihood: 8,
      profile: {
        id: 'c1',
        name: 'brightwell tools',
        display_name: 'brightwell tools',
        website: 'brightwell-tools.co.uk',
        industry: 'machinery',
        employee_count: 120,
        size: '51-200',
        founded: 1998,
        type: 'private',
        summary: null,
        headline: 'tools that last',
        linkedin_url: 'linkedin.com/company/brightwell-tools',
        location: {
          name: 'leeds, england, united kingdom',
          locality: 'leeds',
          region: 'england',
          country: 'united kingdom',
          postal_code: null,
        },
      },
    },
    {
      likelihood: 3,
      profile: {
        id: 'c2',
        name: 'weak',
        display_name: 'weak',
        website: 'weak-match.de',
        industry: null,
        employee_count: null,
        size: null,
        founded: null,
        type: null,
        summary: null,
        headline: null,
        linkedin_url: null,
        location: null,
      },
    },
  ],
  people: [
    {
      likelihood: 9,
      profile: {
        id: 'p1',
        full_name: 'ana ortiz',
        first_name: 'ana',
        last_name: 'ortiz',
        work_email: 'ana.ortiz@brightwell-tools.co.uk',
        personal_emails: [],
        job_title: 'vp operations',
        job_title_role: 'operations',
        job_title_levels: ['vp'],
        job_company_name: 'brightwell tools',
        job_company_website: 'brightwell-tools.co.uk',
        linkedin_url: 'linkedin.com/in/ana-ortiz-tools',
        location_locality: 'bogotá',
        location_region: null,
        location_country: 'colombia',
      },
    },
  ],
}

function setUp(options: Partial<PdlSandboxOptions> = {}, config: Record<string, unknown> = {}) {
  const clock = testClock()
  const sandbox = createPdlSandbox({ apiKey: 'pdl-key-1', ...profiles, now: clock.now, ...options })
  const parsed = schema.parse({ apiKey: 'pdl-key-1', ...config })
  return { sandbox, clock, ctx: contextOf(connector, parsed, [sandbox], clock) }
}

function valuesOf(answer: EnrichmentAnswer): Record<string, unknown> {
  if (answer.status !== 'hit') throw new Error(`expected a hit, got ${answer.status}`)
  return Object.fromEntries(Object.entries(answer.fields).map(([name, field]) => [name, field?.value]))
}

test('a company becomes canonical account fields with confidence and licence', async () => {
  const { ctx } = setUp()
  const answer = await enricher.enrich(ctx, company)
  expect(valuesOf(answer)).toEqual({
    name: 'Brightwell Tools',
    website: 'https://brightwell-tools.co.uk',
    industry: 'Machinery',
    employees: 120,
    founded: 1998,
    type: 'private',
    description: 'Tools That Last',
    city: 'Leeds',
    region: 'England',
    country: 'GB',
    linkedin_url: 'https://linkedin.com/company/brightwell-tools',
  })
  if (answer.status !== 'hit') return
  expect(answer.cost).toBe(1)
  expect(answer.fields.industry).toMatchObject({ confidence: 0.8, observedAt: NOW })
  expect(answer.fields.industry?.licence).toContain('People Data Labs')
})

test('a person becomes canonical person fields; what PDL does not know stays absent', async () => {
  const { ctx } = setUp()
  expect(valuesOf(await enricher.enrich(ctx, person))).toEqual({
    first_name: 'Ana',
    last_name: 'Ortiz',
    full_name: 'Ana Ortiz',
    title: 'Vp Operations',
    seniority: 'vp',
    department: 'operations',
    company_name: 'Brightwell Tools',
    city: 'Bogotá',
    country: 'CO',
    linkedin_url: 'https://linkedin.com/in/ana-ortiz-tools',
  })
})

test('every answered field is declared, so that the waterfall knows what to hope for', async () => {
  const { ctx } = setUp()
  const declared = { account: enricher.fields.account ?? [], person: enricher.fields.person ?? [] }
  expect(declared.account).toEqual(
    expect.arrayContaining(Object.keys(valuesOf(await enricher.enrich(ctx, company)))),
  )
  expect(declared.person).toEqual(
    expect.arrayContaining(Object.keys(valuesOf(await enricher.enrich(ctx, person)))),
  )
})

test('only mapped fields are asked for', async () => {
  const { ctx, sandbox } = setUp()
  const urls: string[] = []
  const spy = {
    ...sandbox,
    fetch(request: Request) {
      urls.push(request.url)
      return sandbox.fetch(request)
    },
  }
  await enricher.enrich(contextOf(connector, ctx.config, [spy]), person)
  const fields = new URL(urls[0]!).searchParams.get('data_include')?.split(',')
  expect(fields).toContain('job_title')
  expect(fields).not.toContain('personal_emails')
})

test('a plan without contact fields answers true instead of the value, which is no value', async () => {
  const [match] = profiles.people
  const hidden = { ...match!, profile: { ...match!.profile, location_locality: true as unknown as string } }
  const { ctx } = setUp({ people: [hidden] })
  expect(valuesOf(await enricher.enrich(ctx, person))).not.toHaveProperty('city')
})

test('no record and too weak a match are misses that cost nothing', async () => {
  const { ctx, sandbox } = setUp()
  expect(await enricher.enrich(ctx, { kind: 'account', domain: 'unknown-firm.de' })).toEqual({
    status: 'miss',
    cost: 0,
  })
  expect(await enricher.enrich(ctx, { kind: 'account', domain: 'weak-match.de' })).toEqual({
    status: 'miss',
    cost: 0,
  })
  expect(sandbox.creditsSpent).toBe(0)
})

test('without credits the provider pauses until the next UTC day', async () => {
  const { ctx, clock } = setUp({ credits: 1 })
  await enricher.enrich(ctx, company)
  const error = await enricher.enrich(ctx, person).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RateLimitError)
  expect(error).toMatchObject({ code: 'enrich.credits_exhausted' })
  const pause = (error as RateLimitError).details.retryAfterMs!
  expect((clock.now() + pause) % DAY_MS).toBe(0)
  expect(pause).toBeLessThanOrEqual(DAY_MS)
})

test('once the minute is used up nothing is sent until its window opens again', async () => {
  const { ctx, clock, sandbox } = setUp({ perMinute: 2 })
  await enricher.enrich(ctx, company)
  await enricher.enrich(ctx, { kind: 'account', domain: 'unknown-firm.de' })
  const error = await enricher
    .enrich(ctx, { kind: 'account', domain: 'third-firm.de' })
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'http.rate_limited', details: { retryAfterMs: 60_000 } })
  expect(sandbox.requests).toHaveLength(2)
  clock.advance(60_000)
  expect(await enricher.enrich(ctx, { kind: 'account', domain: 'third-firm.de' })).toMatchObject({
    status: 'miss',
  })
})

test('a 429 of someone else using the key gives the pause of the window', async () => {
  const { ctx, sandbox } = setUp({ perMinute: 1 })
  await sandbox.fetch(
    new Request('https://api.peopledatalabs.com/v5/company/enrich?website=a.de', {
      headers: { 'x-api-key': 'pdl-key-1' },
    }),
  )
  const error = await enricher.enrich(ctx, company).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'http.rate_limited', kind: 'rate_limit' })
  expect((error as RateLimitError).details.retryAfterMs).toBeGreaterThan(50_000)
})

test('check proves the key without spending a credit', async () => {
  const good = setUp()
  await connector.check!(good.ctx)
  expect(good.sandbox.creditsSpent).toBe(0)
  const bad = setUp({}, { apiKey: 'wrong-key' })
  await expect(connector.check!(bad.ctx)).rejects.toBeInstanceOf(AuthError)
  await expect(enricher.enrich(bad.ctx, company)).rejects.toMatchObject({ code: 'auth.rejected' })
})

test('an answer of unknown shape is an error of its own, never a miss', async () => {
  const { ctx, sandbox } = setUp()
  sandbox.fail({
    kind: 'answer',
    status: 200,
    body: { status: 200, likelihood: 'high', employee_count: 'many' },
  })
  await expect(enricher.enrich(ctx, company)).rejects.toMatchObject({ code: 'http.unexpected_body' })
})

test('role, disposable and free-mail subjects are asked only where PDL can know them', () => {
  expect(enricher.answers({ kind: 'account', domain: 'gmail.com' })).toBe(false)
  expect(enricher.answers({ kind: 'account' })).toBe(false)
  expect(enricher.answers({ kind: 'person', email: 'info@brightwell-tools.co.uk' })).toBe(false)
  expect(enricher.answers({ kind: 'person', email: 'x@mailinator.com' })).toBe(false)
  expect(enricher.answers({ kind: 'person', email: 'ana@gmail.com' })).toBe(true)
  expect(enricher.cacheKey({ kind: 'account', domain: 'WWW.Brightwell-Tools.co.uk' })).toBe(
    'brightwell-tools.co.uk',
  )
})

test('the key is a secret of the configuration and the rest has safe defaults', () => {
  expect(secretFields(connector.config)).toEqual(['apiKey'])
  expect(connector.config.parse({ apiKey: 'k' })).toEqual({ apiKey: 'k', dailyBudget: 100, minLikelihood: 6 })
})

test('the simulator refuses what PDL refuses', async () => {
  const { sandbox } = setUp()
  const call = async (path: string, init: RequestInit = { headers: { 'x-api-key': 'pdl-key-1' } }) =>
    (await sandbox.fetch(new Request(`https://api.peopledatalabs.com${path}`, init))).status
  expect(await call('/v5/company/enrich?website=a.de', {})).toBe(401)
  expect(await call('/v5/company/enrich')).toBe(400)
  expect(await call('/v5/company/enrich?website=a.de&colour=red')).toBe(400)
  expect(await call('/v5/person/enrich?first_name=ana')).toBe(400)
  expect(await call('/v5/person/enrich?email=a@b.de&min_likelihood=11')).toBe(400)
  expect(await call('/v5/company/enrich?website=a.de', { method: 'DELETE' })).toBe(405)
  expect(await call('/v5/company/enrich?website=https://www.brightwell-tools.co.uk/about')).toBe(200)
  expect(sandbox.lookups.get('company:brightwell-tools.co.uk')).toBe(1)
})
