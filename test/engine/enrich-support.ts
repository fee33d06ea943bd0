import type { PdlCompany, PdlMatch } from '../../src/sandbox/people-data-labs/index.ts'
import { ACCOUNTS, CONTACTS, createWorld, person, START, type World, type WorldOptions } from './support.ts'

export const company = (domain: string, more: Partial<PdlCompany> = {}): PdlMatch<PdlCompany> => ({
  likelihood: 9,
  profile: {
    id: domain,
    name: domain.split('.')[0]!,
    display_name: domain.split('.')[0]!,
    website: domain,
    industry: 'machinery',
    employee_count: 120,
    size: '51-200',
    founded: 1998,
    type: 'private',
    summary: null,
    headline: null,
    linkedin_url: null,
    location: null,
    ...more,
  },
})
export const WATERFALL = 'enrich: { order: [inference, people-data-labs] }'
export const MAPPINGS = { 'account.yaml': ACCOUNTS, 'contact.yaml': CONTACTS }
export const enriched = (options: WorldOptions = {}) =>
  createWorld({
    use: ['inference', 'people-data-labs', 'salesforce'],
    mappings: MAPPINGS,
    config: WATERFALL,
    ...options,
  })
export const lookups = (w: World, kind: 'company' | 'person') =>
  [...w.sandboxes.pdl.lookups].filter(([key]) => key.startsWith(kind))
export const total = (w: World, kind: 'company' | 'person') =>
  lookups(w, kind).reduce((sum, [, count]) => sum + count, 0)
export const lead = (email: string, more: Record<string, unknown> = {}) => ({
  key: email,
  updated_at: START,
  says: [person(email, { last_name: 'Lead', ...more })],
})

/** People Data Labs does its work, and keeps its answers until they are let go; or for ever. */
export function holdAnswers(w: World): { asked: () => number; letGo: () => void } {
  const { pdl } = w.sandboxes
  const answer = pdl.fetch
  let asked = 0
  const waiting: (() => void)[] = []
  pdl.fetch = async (request) => {
    asked++
    const response = await answer(request.clone())
    await new Promise<void>((resolve, reject) => {
      waiting.push(resolve)
      request.signal.addEventListener('abort', () => reject(request.signal.reason))
    })
    return response
  }
  return {
    asked: () => asked,
    letGo() {
      pdl.fetch = answer
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}
