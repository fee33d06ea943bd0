import { absorb } from './absorb.ts'
import { tend } from './chores.ts'
import { deliver } from './deliver.ts'
import type { EngineDeps, StepOptions, StepResult } from './deps.ts'
import { enrich } from './enrich.ts'
import { createLateAnswers, type LateAnswers } from './enriching/late-answers.ts'
import { match } from './match.ts'
import { project } from './project.ts'
import { createReceiver, type Receiver } from './receive.ts'
import { createLeases, presenceOf } from './sending/leases.ts'
import { unpack } from './unpack.ts'

export type { EngineDeps, StepOptions, StepResult } from './deps.ts'

export const STAGES = ['unpack', 'absorb', 'match', 'enrich', 'project', 'deliver', 'tend'] as const
export type StageName = (typeof STAGES)[number]

type Step = (
  deps: EngineDeps,
  options: StepOptions,
  late: LateAnswers,
  inHand: Set<string>,
) => Promise<StepResult>

const STEPS: Record<StageName, Step> = { unpack, absorb, match, enrich, project, deliver, tend }

export interface Engine {
  deps: EngineDeps
  receiver: Receiver
  /** Of enrichment providers that are slower than the pipeline waits. */
  late: LateAnswers
  /** One bounded step of one stage: claim, compute, commit. */
  step(stage: StageName, options: StepOptions): Promise<StepResult>
  /** Hands the stages to whoever comes next, at once instead of when the leases expire; late answers are waited for. */
  releaseLeases(): Promise<void>
  /** The same while late answers are still under way. */
  releaseStages(): Promise<void>
}

/** Absorb and match both decide who stands with whom, so whoever does the one does the other. */
function leaseOf(stage: StageName, holder: string): string {
  if (stage === 'deliver') return presenceOf(holder)
  return `stage:${stage === 'match' ? 'absorb' : stage}`
}

export function createEngine(deps: EngineDeps): Engine {
  const leases = createLeases(deps)
  const late = createLateAnswers(deps)
  const inHand = new Set<string>()

  /** Stages that touch shared state run in one process at a time; deliver leases operations instead. */
  const mayRun = (stage: StageName): Promise<boolean> => leases.hold(leaseOf(stage, deps.holder))

  return {
    deps,
    receiver: createReceiver(deps),
    late,
    async step(stage, options) {
      if (!(await mayRun(stage))) return { done: 0, more: false }
      const mayAbsorb = stage === 'unpack' && (await mayRun('absorb'))
      return STEPS[stage](deps, { ...options, mayAbsorb }, late, inHand)
    },
    releaseStages: () => leases.release(),
    async releaseLeases() {
      await leases.release()
      await late.stop()
    },
  }
}
