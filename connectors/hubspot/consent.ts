import type { Consent } from '#kit'
import type { Config } from './config.ts'

/** What reading and writing the objects of the shipped mappings takes. */
const SCOPES = [
  'oauth',
  ...['companies', 'contacts', 'deals'].flatMap((object) => [
    `crm.objects.${object}.read`,
    `crm.objects.${object}.write`,
    `crm.schemas.${object}.read`,
    `crm.schemas.${object}.write`,
  ]),
  'crm.objects.owners.read',
]

const READING: Partial<Record<Config['pull'][number], string>> = {
  quotes: 'crm.objects.quotes.read',
  emails: 'sales-email-read',
  form_submissions: 'forms',
  page_views: 'business-intelligence',
  email_events: 'content',
}

/**
 * OAuth app of a portal. Refresh tokens do not end by themselves.
 * https://developers.hubspot.com/docs/api-reference/2026-03/authentication/manage-oauth-tokens
 */
export const consent: Consent<Config> = {
  isUsed: ({ accessToken }) => accessToken === undefined,
  authorizeUrl: ({ authorizeUrl }) => authorizeUrl,
  tokenUrl: (_, baseUrl) => `${baseUrl}/oauth/2026-03/token`,
  client: ({ clientId, clientSecret }) => ({ id: clientId ?? '', secret: clientSecret }),
  scopes: ({ scopes, pull }) => scopes ?? [...SCOPES, ...pull.flatMap((name) => READING[name] ?? [])],
}
