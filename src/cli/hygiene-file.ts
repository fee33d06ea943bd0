import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { ConfigError } from '#kit'
import {
  HYGIENE_PLAN_VERSION,
  type HygieneOperation,
  type HygienePlan,
  type HygieneTotals,
  noTotals,
} from '../engine/hygiene/index.ts'
import { startPartFile } from './part-file.ts'

const value = z.union([z.string(), z.number(), z.boolean(), z.null()])
const base = { id: z.string(), object: z.string(), crmId: z.string(), checks: z.array(z.string()) }
const change = z.strictObject({ before: value, after: value })
const seen = z.record(z.string(), z.record(z.string(), value))

/** People edit plans: what is not understood must not be left out in silence. */
const File = z.strictObject({
  version: z.literal(HYGIENE_PLAN_VERSION),
  kind: z.literal('hygiene'),
  destination: z.string(),
  createdAt: z.string(),
  undoes: z.string().optional(),
  operations: z.array(
    z.union([
      z.strictObject({
        kind: z.enum(['standardise', 'reassign']),
        ...base,
        fields: z.record(z.string(), change),
      }),
      z.strictObject({
        kind: z.literal('reassign'),
        ...base,
        link: z.strictObject({
          object: z.string(),
          before: z.string().nullable(),
          after: z.string().nullable(),
        }),
      }),
      z.strictObject({ kind: z.literal('archive'), ...base, seen }),
      z.strictObject({ kind: z.literal('merge'), ...base, losers: z.array(z.string()).min(1), seen }),
      z.strictObject({
        kind: z.literal('task'),
        ...base,
        what: z.string(),
        why: z.string(),
        others: z.array(z.string()).optional(),
      }),
    ]),
  ),
  totals: z.strictObject({
    standardise: z.number(),
    reassign: z.number(),
    archive: z.number(),
    merge: z.number(),
    task: z.number(),
  }),
})

/** A file that `hygiene --out` or the undo of such a run wrote; undefined where it is another one. Throws ConfigError `plan.unreadable`. */
export function readHygienePlan(file: string): HygienePlan | undefined {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Whoever reads it as a plan says what is wrong with it.
    return undefined
  }
  if ((content as { kind?: unknown } | null)?.kind !== 'hygiene') return undefined
  const { success, error, data } = File.safeParse(content)
  if (success) return data as HygienePlan
  const [issue] = error.issues
  throw new ConfigError(
    'plan.unreadable',
    `${file} is no hygiene plan of this version: ${issue!.path.join('.') || 'the file'}: ${issue!.message}`,
  )
}

/** A plan that is written as it is made, one line an operation; at its place once it is whole. */
export interface HygieneFileUnderWay {
  add(operations: readonly HygieneOperation[]): void
  end(): HygieneTotals
  /** Leaves nothing behind, unless it was ended. */
  discard(): void
}

/** Throws ConfigError `plan.unreadable`, as do its functions. */
export function startHygieneFile(
  file: string,
  destination: string,
  createdAt: string,
  undoes?: string,
): HygieneFileUnderWay {
  const totals = noTotals()
  let isBegun = false
  const kept = startPartFile(file)
  const head = {
    version: HYGIENE_PLAN_VERSION,
    kind: 'hygiene',
    destination,
    createdAt,
    ...(undoes ? { undoes } : {}),
  }
  kept.write(`${JSON.stringify(head).slice(0, -1)},"operations":[`)
  return {
    add(operations) {
      for (const operation of operations) {
        totals[operation.kind]++
        kept.write(`${isBegun ? ',' : ''}\n${JSON.stringify(operation)}`)
        isBegun = true
      }
    },
    end() {
      kept.write(`\n],"totals":${JSON.stringify(totals)}}\n`)
      kept.end()
      return totals
    },
    discard: kept.discard,
  }
}
