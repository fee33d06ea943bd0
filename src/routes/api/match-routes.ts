import * as z from 'zod'
import { judgePair, pairId, readPair, unmerge } from '../../engine/matching/judge.ts'
import { type ReviewedPair, reviewPairs } from '../../engine/matching/review.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import { isoOf, showPage } from './present.ts'
import * as s from './schemas.ts'

const pair = {
  pair: z.string().min(1).max(200).describe('Ids of two people or two companies, as in `per_1~per_2`'),
}
const nothing = z.strictObject({})

const Match = s.named(
  'Match',
  z.object({
    id: z.string().describe('The pair, as accept and reject take it'),
    kind: z.enum(['person', 'account']).describe('Whether they are people or companies'),
    a: z.string().describe('Id of a person or company'),
    b: z.string().describe('Id of another one'),
    verdict: z.enum(['same', 'unsure']).describe('same: sure enough to be merged without asking'),
    score: z.number().describe('Probability that they are one'),
    held_back: z
      .enum([
        'one_kind_of_evidence',
        'given_names_differ',
        'names_differ',
        'legal_forms_differ',
        'domains_differ',
        'countries_differ',
      ])
      .optional()
      .describe('Why a probable pair is not sure'),
    evidence: z.array(
      z.object({
        attribute: z.string(),
        level: z.string().describe('How well it agrees'),
        weight: z.number().describe('Bits for it, or against it below zero'),
      }),
    ),
    golden_a: z.record(z.string(), z.unknown()),
    golden_b: z.record(z.string(), z.unknown()),
    at: z.iso.datetime(),
  }),
)

const Judged = s.named('JudgedMatch', z.object({ id: z.string(), a: z.string(), b: z.string() }))

const showMatch = ({ rootA: _a, rootB: _b, goldenA, goldenB, heldBack, at, ...row }: ReviewedPair) => ({
  ...row,
  ...(heldBack ? { held_back: heldBack } : {}),
  golden_a: known(goldenA),
  golden_b: known(goldenB),
  at: isoOf(at),
})

/** Without what the hub notes beside the values. */
const known = (golden: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(golden).filter(([name]) => !name.startsWith('$')))

const judging = (
  path: string,
  id: string,
  verdict: 'same' | 'different' | undefined,
  summary: string,
): Route =>
  defineRoute({
    path: `/matches/:pair/${path}`,
    id,
    tag: 'people and accounts',
    summary,
    params: pair,
    body: nothing,
    response: Judged,
    handler: async ({ engine, params, wake }) => {
      const judged = await judgePair(engine, readPair(params.pair), verdict)
      wake()
      return { ...judged, id: pairId(judged) }
    },
  })

const Unmerged = s.named(
  'Unmerged',
  z.object({
    entity: z.string(),
    from: z.array(z.string()).describe('Whom they stood with'),
    fused: z
      .array(z.object({ destination: z.string(), object: z.string(), from: z.string(), to: z.string() }))
      .describe('Records that the CRM itself has merged, which it cannot take back: a new one is made'),
    left: z
      .object({ entity: z.string(), fields: z.array(z.string()) })
      .describe('What only the other told: it stays in the CRM record of this one where `on_null` is skip'),
  }),
)

const unmerging = (collection: 'people' | 'accounts', id: string, summary: string): Route =>
  defineRoute({
    path: `/${collection}/:id/unmerge`,
    id,
    tag: 'people and accounts',
    summary,
    params: { id: z.string().min(1).max(200) },
    body: nothing,
    response: Unmerged,
    handler: async ({ engine, params, wake }) => {
      const result = await unmerge(engine, params.id)
      wake()
      return result
    },
  })

export const MATCH_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/matches',
    id: 'listMatches',
    tag: 'people and accounts',
    summary:
      'People and companies that are probably the same and wait for a decision, the most probable first',
    query: {
      ...s.paging,
      entity: z.string().min(1).max(200).optional().describe('Only pairs of this person or company'),
      kind: z.enum(['person', 'account']).optional(),
    },
    response: s.pageOf('MatchPage', Match),
    handler: async ({ engine, query }) => showPage(await reviewPairs(engine, given(query)), showMatch),
  }),
  judging('accept', 'acceptMatch', 'same', 'They are one; the CRM learns of it with the next delivery'),
  judging('reject', 'rejectMatch', 'different', 'They are two, also where they were judged to be one'),
  judging('reopen', 'reopenMatch', undefined, 'Takes back what a person said of them'),
  unmerging('people', 'unmergePerson', 'Takes somebody out of those who are judged to be the same'),
  unmerging('accounts', 'unmergeAccount', 'Takes a company out of those that are judged to be the same'),
]
