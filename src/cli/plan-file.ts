import { readFileSync, writeFileSync } from 'node:fs'
import * as z from 'zod'
import { ConfigError } from '#kit'
import type { Plan } from '../engine/plan.ts'

/** What `apply` relies on; the rest of a plan is for people. */
const PlanFile = z.looseObject({
  version: z.literal(2),
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
  try {
    writeFileSync(file, JSON.stringify(plan, null, 2))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError('plan.unreadable', `The plan cannot be written to ${file}: ${code}`, { cause })
  }
}
