import { expect, test } from 'vitest'
import * as z from 'zod'
import { secret, secretFields } from '#kit'

test('secret fields are found through every wrapper', () => {
  const fields = {
    plain: secret(),
    described: secret().describe('From the dashboard'),
    longer: secret().max(200),
    matched: secret().regex(/^sk_/),
    optional: secret().optional(),
    nullable: secret().nullable(),
    nullish: secret().nullish(),
    withDefault: secret().default('unset!'),
    prefault: secret().prefault('unset!'),
    caught: secret().catch('unset!'),
    readonly: secret().readonly(),
    transformed: secret().transform((value) => value.trim()),
    piped: secret().pipe(z.string().startsWith('sk_')),
    preprocessed: z.preprocess((value) => value, secret()),
    refined: secret().refine((value) => value !== 'x'),
    either: z.union([secret(), z.literal('none')]),
    deep: secret().optional().default('unset!').transform(String).nullable(),
  }
  const open = {
    name: z.string(),
    port: z.number().optional(),
    kind: z.enum(['a', 'b']).default('a'),
    tags: z.array(z.string()),
  }
  expect(secretFields(z.object({ ...open, ...fields }))).toEqual(Object.keys(fields))
})

test('an empty secret is refused', () => {
  expect(secret().safeParse('').success).toBe(false)
})
