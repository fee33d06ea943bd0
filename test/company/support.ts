import { createDemoCompany, type DemoCompany, type StripeObject } from '../../src/sandbox/company/index.ts'

export const NOW = Date.UTC(2026, 10, 20, 9, 30)
export const company: DemoCompany = createDemoCompany({ now: NOW })

export const ofType = (type: string, from: DemoCompany = company): StripeObject[] =>
  from.stripe.filter(({ object }) => object === type)

export const byId = (type: string, from: DemoCompany = company): Map<unknown, StripeObject> =>
  new Map(ofType(type, from).map((object) => [object.id, object]))

/** Walks into a vendor object; undefined where the path ends early. */
export function at(value: unknown, path: string): unknown {
  let current = value
  for (const step of path.split('.'))
    current = (current as Record<string, unknown> | null | undefined)?.[step]
  return current
}

export const text = (value: unknown, path: string): string => String(at(value, path))
export const number = (value: unknown, path: string): number => Number(at(value, path))
