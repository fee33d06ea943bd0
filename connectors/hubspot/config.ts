import * as z from 'zod'
import { type ConnectorContext, secret } from '#kit'

/** Streams, in the order in which they are read. */
const PULLS = [
  'companies',
  'contacts',
  'deals',
  'quotes',
  'calls',
  'meetings',
  'emails',
  'tasks',
  'form_submissions',
  'page_views',
  'email_events',
] as const

const fields = z.strictObject({
  accessToken: secret()
    .optional()
    .describe('Service key or private app token of the portal; or else clientId and clientSecret'),
  clientId: z.string().min(1).optional().describe('OAuth app, let in by tributary connect'),
  clientSecret: secret().optional().describe('Secret of the OAuth app'),
  scopes: z
    .array(z.string())
    .optional()
    .describe('What the OAuth app asks for; what the connector uses where absent'),
  authorizeUrl: z
    .url()
    .default('https://app.hubspot.com/oauth/authorize')
    .describe('Where owners of the portal agree; app-eu1.hubspot.com for portals in Europe'),
  apiVersion: z
    .string()
    .regex(/^(v3|\d{4}-\d{2})$/, 'Use a dated version such as 2026-09, or v3')
    .default('2026-09')
    .describe('API version in the path; numbered versions end in September 2027'),
  uniqueProperty: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,99}$/, 'Lower-case letters, digits and underscores')
    .default('tributary_id')
    .describe('Name of the unique property that holds our key on every object'),
  pull: z
    .array(z.enum(PULLS))
    .default([])
    .describe('What is read of the portal as a source; nothing where absent'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is an ISO 4217 code, like EUR')
    .default('USD')
    .describe('Currency of amounts that name none: that of the portal'),
})

export const config = fields.check((ctx) => {
  const { accessToken, clientId, clientSecret } = ctx.value
  if (accessToken || (clientId && clientSecret)) return
  ctx.issues.push({
    code: 'custom',
    path: ['accessToken'],
    message: 'is missing: the key of the portal, or else clientId and clientSecret of an OAuth app',
    input: undefined,
  })
})

export type Config = z.output<typeof config>
export type Ctx = ConnectorContext<Config>

/**
 * Paths of one API version. Dated ones are replacements with the same shapes.
 * https://developers.hubspot.com/docs/developer-tooling/platform/versioning
 */
export function pathsOf(version: string) {
  const isNumbered = version === 'v3'
  return {
    objects: isNumbered ? '/crm/v3/objects' : `/crm/objects/${version}`,
    associations: isNumbered ? '/crm/v4/associations' : `/crm/associations/${version}`,
    owners: isNumbered ? '/crm/v3/owners' : `/crm/owners/${version}`,
    events: isNumbered ? '/events/v3/events' : `/events/event-occurrences/${version}`,
    forms: isNumbered ? '/marketing/v3/forms' : `/marketing/forms/${version}`,
    pipelines: isNumbered ? '/crm/v3/pipelines' : `/crm/pipelines/${version}`,
    properties: isNumbered ? '/crm/v3/properties' : `/crm/properties/${version}`,
  }
}
