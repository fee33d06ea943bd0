import type { SignedDelivery, StripeObject } from '../../src/sandbox/stripe/index.ts'
import type { Budget } from '../../src/worker/budget.ts'
import type { FollowUp } from '../../src/worker/work.ts'

/** A running hub, whatever it runs on, with an empty store and empty vendors. */
export interface Runtime {
  /** A request to the hub from outside. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** One bounded piece of work. Says what has to follow. */
  invoke(options: { pull?: boolean; budget?: Partial<Budget> }): Promise<FollowUp | undefined>
  /** What the scheduler does when its time has come. */
  cron(): Promise<FollowUp | undefined>
  vendors: VendorsClient
  close(): Promise<void>
}

/** Arranges and looks at the simulators. */
export interface VendorsClient {
  reset(): Promise<void>
  loadStripe(objects: StripeObject[]): Promise<void>
  /** Changes an object at Stripe; returns the webhook that announces it. */
  changeStripe(object: StripeObject): Promise<SignedDelivery>
  mailEvents(events: object[]): Promise<SignedDelivery>
  salesforce(object: string): Promise<Record<string, unknown>[]>
  hubspot(object: string): Promise<Record<string, string>[]>
  requests(): Promise<Record<'stripe' | 'salesforce' | 'hubspot', { method: string; path: string }[]>>
}

export function vendorsClient(fetch: (request: Request) => Promise<Response>): VendorsClient {
  async function ask<T>(path: string, body?: unknown): Promise<T> {
    const request = new Request(`http://vendors.test${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    const response = await fetch(request)
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }
  return {
    reset: () => ask('/reset', {}),
    loadStripe: (objects) => ask('/stripe/load', objects),
    changeStripe: (object) => ask('/stripe/change', object),
    mailEvents: (events) => ask('/sendgrid/delivery', events),
    salesforce: (object) => ask(`/salesforce/${object}`),
    hubspot: async (object) =>
      (await ask<{ properties: Record<string, string> }[]>(`/hubspot/${object}`)).map((r) => r.properties),
    requests: () => ask('/requests'),
  }
}
