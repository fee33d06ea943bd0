import * as z from 'zod'
import { type ConnectorContext, secret } from '#kit'

export const config = z.strictObject({
  accessToken: secret().describe('Service key, private app token or OAuth access token of the portal'),
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
    properties: isNumbered ? '/crm/v3/properties' : `/crm/properties/${version}`,
  }
}
