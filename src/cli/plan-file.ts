import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { ConfigError } from '#kit'
import { PLAN_VERSION, type Plan } from '../engine/plan.ts'
import type { PlannedOperation } from '../engine/planning/plan-operations.ts'
import type { PlanSummary } from '../engine/planning/plan-summary.ts'
import { startPartFile } from './part-file.ts'

/** What `apply` relies on; the rest of a plan is for people. */
const PlanFile = z.looseObject({
  version: z.literal(PLAN_VERSION),
  exceeded: z.array(z.string()),
  operations: z.array(
    z.looseObject({
      id: z.string(),
      destination: z.string(),
      object: z.string(),
      action: z.string(),
      fingerprint: z.string(),
    }),
  ),
})

/** Throws ConfigError `plan.unreadable`. */
export function readPlan(file: string): Plan {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? 'it is not JSON' : (cause as NodeJS.ErrnoException).code
    throw new ConfigError('plan.unreadable', `${file} cannot be read as a plan: ${reason}`, { cause })
  }
  const { success, error } = PlanFile.safeParse(content)
  if (success) return content as Plan
  const [issue] = error.issues
  throw new ConfigError(
    'plan.unreadable',
    `${file} is not a plan of this version: ${issue!.path.join('.') || 'the file'}: ${issue!.message}`,
  )
}

/** Throws ConfigError `plan.unreadable`. */
export function writePlan(file: string, plan: Plan): void {
  const { version: _v, createdAt, operations, ...summary } = plan
  const kept = startPlanFile(file, createdAt)
  kept.add(operations)
  kept.end(summary)
}

/** A plan that is written as it is made; at its place once it is whole. */
export interface PlanFileUnderWay {
  add(operations: PlannedOperation[]): void
  end(summary: PlanSummary): void
  /** Leaves nothing behind, unless it was ended. */
  discard(): void
}

/** Throws ConfigError `plan.unreadable`, as do its functions. */
export function startPlanFile(file: string, createdAt: string): PlanFileUnderWay {
  const kept = startPartFile(file)
  const text = planText(createdAt)
  return {
    add: (operations) => kept.write(text.add(operations)),
    end: (summary) => {
      kept.write(`${text.end(summary)}\n`)
      kept.end()
    },
    discard: kept.discard,
  }
}

/** The JSON of a plan in pieces, one line an operation. */
export function planText(createdAt: string) {
  let isBegun = false
  const head = () => {
    const text = isBegun
      ? ''
      : `{"version":${PLAN_VERSION},"createdAt":${JSON.stringify(createdAt)},"operations":[`
    isBegun = true
    return text
  }
  return {
    add(operations: PlannedOperation[]): string {
      const before = isBegun ? ',' : ''
      if (operations.length === 0) return ''
      return `${head()}${before}\n${operations.map((operation) => JSON.stringify(operation)).join(',\n')}`
    },
    end: (summary: PlanSummary): string => `${head()}\n],${JSON.stringify(summary).slice(1)}`,
  }
}
