import * as z from 'zod'
import { RecordError } from '#kit'
import type { FieldUse, Finding, HygieneReport } from '../../engine/hygiene/index.ts'
import { defineRoute, type Route } from './define-route.ts'
import * as s from './schemas.ts'

const count = (description?: string) => {
  const schema = z.int().min(0)
  return description === undefined ? schema : schema.describe(description)
}

const graded = {
  records: count(),
  clean: count('Records without a single issue'),
  grade: z.number().min(0).max(1).describe('Their share; 1 where there is no record'),
}

const HygieneGrade = s.named(
  'HygieneGrade',
  z.object({
    destination: z.string(),
    at: s.At,
    ...graded,
    without: z.array(z.string()).describe('Checks, or families of them, that were left out'),
  }),
)

const Value = z.union([z.string(), z.number(), z.boolean(), z.null()])

const HygieneFinding = s.named(
  'HygieneFinding',
  z.object({
    crm_id: z.string(),
    attribute: z.string().optional().describe('What the record says that is wrong'),
    value: z.unknown().optional(),
    note: z.string().optional(),
    others: z
      .array(z.string())
      .optional()
      .describe('Other records that it is about: ids, with the object before them where it is another one'),
    fix: z
      .union([
        z.object({ kind: z.enum(['standardise', 'reassign']), set: z.record(z.string(), Value) }),
        z.object({ kind: z.literal('archive') }),
        z.object({ kind: z.literal('merge'), crm_ids: z.array(z.string()).describe('Into the first') }),
      ])
      .optional()
      .describe('Absent where only a person can know what is right'),
  }),
)

const HygieneField = s.named(
  'HygieneField',
  z.object({
    object: z.string(),
    field: z.string(),
    label: z.string().optional(),
    type: z.string(),
    records: count(),
    filled: count('Records that hold something other than false'),
    rate: z.number().min(0).max(1).describe('Their share'),
    newest: s.At.optional().describe('When the newest record was made that holds something'),
    changed: s.At.optional().describe('When one that holds something was last changed, in whatever field'),
    is_mapped: z.boolean().describe('A mapping of ours writes it'),
    advice: z.enum(['drop', 'fading']).optional(),
  }),
)

const Report = s.named(
  'HygieneReport',
  HygieneGrade.extend({
    objects: z.array(
      z.object({ object: z.string(), kind: z.enum(['account', 'contact', 'lead', 'deal']), ...graded }),
    ),
    checks: z
      .array(
        z.object({
          check: z.string(),
          title: z.string(),
          object: z.string(),
          count: count('Records that have it'),
          fixable: count('Of which a plan can put right'),
          examples: z.array(HygieneFinding),
        }),
      )
      .describe('Most frequent first'),
    not_compared: z
      .array(z.object({ rule: z.string(), keys: count(), records: count() }))
      .describe('Values that so many records share that these were not all compared with each other'),
    fields: z.array(HygieneField).optional().describe('Where --fields was asked for'),
  }),
)

function showFinding({
  crmId,
  attribute,
  value,
  note,
  others,
  fix,
}: Finding): z.input<typeof HygieneFinding> {
  return {
    crm_id: crmId,
    ...(attribute === undefined ? {} : { attribute }),
    ...(value === undefined ? {} : { value }),
    ...(note === undefined ? {} : { note }),
    ...(others === undefined ? {} : { others }),
    ...(fix ? { fix: fix.kind === 'merge' ? { kind: fix.kind, crm_ids: fix.crmIds } : fix } : {}),
  }
}

const showField = ({ isMapped, ...use }: FieldUse): z.input<typeof HygieneField> => ({
  ...use,
  is_mapped: isMapped,
})

const show = ({ checks, notCompared, fields, ...report }: HygieneReport): z.input<typeof Report> => ({
  ...report,
  checks: checks.map(({ examples, ...own }) => ({ ...own, examples: examples.map(showFinding) })),
  not_compared: notCompared,
  ...(fields ? { fields: fields.map(showField) } : {}),
})

export const HYGIENE_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/hygiene',
    id: 'listHygiene',
    tag: 'hygiene',
    summary: 'How much of each CRM was in order when `tributary hygiene` last looked at all of it',
    response: z.object({ items: z.array(HygieneGrade) }),
    handler: async ({ engine }) => ({ items: await engine.store.hygieneReports.list() }),
  }),
  defineRoute({
    path: '/hygiene/:destination',
    id: 'getHygiene',
    tag: 'hygiene',
    summary: 'What `tributary hygiene` last found in a CRM: grade, issues with examples, fields',
    params: { destination: z.string().min(1).max(200) },
    response: Report,
    async handler({ engine, params: { destination } }) {
      const report = await engine.store.hygieneReports.get(destination)
      if (report) return show(report)
      throw new RecordError(
        'request.not_found',
        `Nobody has looked through the CRM ${destination} yet: run tributary hygiene ${destination}`,
      )
    },
  }),
]
