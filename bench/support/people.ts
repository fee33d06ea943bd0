import type { NewReceipt } from '../../src/engine/ports.ts'

export interface PeopleOrder {
  /** The first one. Default 0. */
  from?: number
  count: number
}

/** People of one company. */
const COLLEAGUES = 20

const receipt = (id: string, now: number, payload: Record<string, unknown>): NewReceipt => ({
  id: `rcp-${id}`,
  connection: 'website',
  receivedAt: now,
  headers: {},
  body: JSON.stringify({
    type: payload.type,
    received_at: now,
    user_agent: 'bench',
    payload: { ...payload, messageId: id, timestamp: new Date(now).toISOString() },
  }),
})

const userOf = (n: number) => ({ userId: `user-${n}` })

/** What the collector stores when somebody says who they are. */
export const identified = (n: number, now: number, title: string): NewReceipt =>
  receipt(`${title}-${n}`, now, {
    ...userOf(n),
    type: 'identify',
    traits: {
      email: `user-${n}@company-${Math.floor(n / COLLEAGUES)}.example`,
      firstName: 'Ada',
      lastName: `Lovelace ${n}`,
      title,
    },
  })

/** What it stores of a page view. */
export const viewed = (n: number, now: number): NewReceipt =>
  receipt(`page-${now}-${n}`, now, {
    ...userOf(n),
    type: 'page',
    name: 'Pricing',
    properties: { title: 'Pricing', url: 'https://www.example.com/pricing?utm_source=google&utm_medium=cpc' },
  })
