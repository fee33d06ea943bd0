import * as z from 'zod'
import { secret } from '#kit'
import { AccountAttributes, PersonAttributes } from '#model'

const PLACEHOLDERS = ['domain', 'email', 'name', 'country', 'phone'] as const
/** `company.offices[0].city` */
const place = () =>
  z
    .string()
    .regex(
      /^[^.[\]]+(?:\[\d+\])*(?:\.[^.[\]]+(?:\[\d+\])*)*$/,
      'expected a place such as company.offices[0].city',
    )

const placesOf = (schema: z.ZodObject) =>
  z.partialRecord(z.enum(Object.keys(schema.shape) as [string, ...string[]]), place()).optional()

export const config = z.object({
  path: z
    .string()
    .regex(/^\//, 'expected a path below baseUrl, such as /v1/companies/{domain}')
    .refine(
      (path) => [...path.matchAll(/\{(.*?)\}/g)].every(([, name]) => PLACEHOLDERS.includes(name as never)),
      `placeholders are {${PLACEHOLDERS.join('}, {')}}`,
    )
    .describe(
      'Path and query of a question below baseUrl; {domain}, {email}, {name}, {country}, {phone} are filled in',
    ),
  apiKey: secret().optional().describe('Credentials, where the API wants any'),
  header: z
    .string()
    .regex(/^[\w-]+$/)
    .default('Authorization')
    .describe('Header that carries apiKey'),
  prefix: z.string().default('Bearer ').describe('What stands before apiKey in the header'),
  parameter: z
    .string()
    .min(1)
    .optional()
    .describe('Query parameter that carries apiKey instead of the header'),
  account: placesOf(AccountAttributes).describe('Field of a company: place of its value in the answer'),
  person: placesOf(PersonAttributes.omit({ consent: true })).describe('The same for people'),
  found: place()
    .optional()
    .describe('Place that is filled in every answer that is one; all others are misses'),
  missStatus: z.array(z.int().min(400).max(499)).default([404]).describe('Statuses that say "not known"'),
  confidence: z.number().min(0).max(1).default(0.7).describe('How far values can be trusted, 0 to 1'),
  licence: z.string().optional().describe('Under which values may be used; kept with each of them'),
  costPerHit: z.number().min(0).default(0).describe('What an answer costs, in whatever unit you count'),
  keepDays: z.int().min(1).default(90).describe('Days for which an answer is kept'),
  keepMissDays: z.int().min(1).default(30).describe('Days for which "not known" is kept'),
  dailyBudget: z.int().min(0).default(100).describe('Calls per UTC day; misses count too'),
})
export type Config = z.output<typeof config>

/** What the path needs of a question. */
export const placeholdersOf = ({ path }: Pick<Config, 'path'>): (typeof PLACEHOLDERS)[number][] =>
  PLACEHOLDERS.filter((name) => path.includes(`{${name}}`))
