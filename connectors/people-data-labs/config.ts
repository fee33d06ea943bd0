import * as z from 'zod'
import { secret } from '#kit'

export const config = z.object({
  apiKey: secret().describe('API key of the People Data Labs account'),
  dailyBudget: z.int().min(0).default(100).describe('Calls per UTC day; misses count too'),
  minLikelihood: z
    .int()
    .min(1)
    .max(10)
    .default(6)
    .describe('Matches that PDL is less sure of are treated as no match (1 to 10)'),
})
export type Config = z.output<typeof config>
