import * as z from 'zod'
import { secret } from '#kit'

/** Streams, in the order in which they are read. */
const PULLS = [
  'accounts',
  'contacts',
  'leads',
  'opportunities',
  'campaign_members',
  'tasks',
  'events',
] as const

const fields = z.object({
  grant: z
    .enum(['client_credentials', 'jwt', 'consent'])
    .default('client_credentials')
    .describe(
      'How the hub proves itself: the app for itself, a signed assertion for `username`, or tributary connect',
    ),
  clientId: z.string().min(1).describe('Consumer key of an External Client App with the flow of `grant`'),
  clientSecret: secret()
    .optional()
    .describe('Consumer secret of that app; not needed for jwt, nor for consent to an app without secret'),
  username: z.string().min(1).optional().describe('jwt: whom the hub acts for'),
  privateKey: secret().optional().describe('jwt: private key of the certificate of the app, PKCS #8 in PEM'),
  loginUrl: z
    .url()
    .optional()
    .describe('My Domain address that issues tokens (https://acme.my.salesforce.com); baseUrl where absent'),
  apiVersion: z
    .string()
    .regex(/^(4[6-9]|[5-9]\d|\d{3})\.0$/, 'is a REST API version of 46.0 or later, like 64.0')
    .default('64.0')
    .describe('REST API version'),
  externalIdField: z
    .string()
    .regex(/^[A-Za-z]\w*__c$/, 'is the API name of a custom field, like Tributary_Id__c')
    .default('Tributary_Id__c')
    .describe('Unique external id field that holds our key, on every object'),
  allowDuplicateSave: z
    .boolean()
    .default(true)
    .describe('Save in spite of duplicate rules whose action is Alert; rules that block still do'),
  assignment: z
    .string()
    .regex(/^(active|none|01Q\w{12,15})$/, 'is active, none or the id of an assignment rule')
    .default('active')
    .describe(
      'Assignment rules for records that a write may create; updates of known records never trigger them',
    ),
  bulkThreshold: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'Ready operations of one object from which a bulk job writes them; where absent 2,000 to 10,000, by what is left of the daily calls',
    ),
  pull: z
    .array(z.enum(PULLS))
    .default([])
    .describe('What is read of the org as a source; nothing where absent'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'is an ISO 4217 code, like EUR')
    .default('USD')
    .describe('Currency of the amounts that are read, where the org has only one'),
  writeConcurrency: z
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('Write calls of one object at once; records of one account are never in two of them'),
})

/** What each way to prove oneself needs besides clientId. */
const NEEDS = {
  client_credentials: ['clientSecret'],
  jwt: ['username', 'privateKey'],
  consent: [],
} as const

export const config = fields.check((ctx) => {
  const { grant } = ctx.value
  for (const field of NEEDS[grant]) {
    if (ctx.value[field] !== undefined) continue
    ctx.issues.push({
      code: 'custom',
      path: [field],
      message: `is missing: grant ${grant} needs it`,
      input: undefined,
    })
  }
})

export type SalesforceConfig = z.output<typeof config>
