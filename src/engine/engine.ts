import type { Clock, Log } from '#kit'
import type { CompiledMapping } from '../mapping/types.ts'
import { absorb } from './absorb.ts'
import type { Connection, LaneDeadlines } from './connection.ts'
import { deliver } from './deliver.ts'
import { enrich } from './enrich.ts'
import { createLeases, presenceOf } from './leases.ts'
import type { Store } from './ports.ts'
import { project } from './project.ts'
import { createReceiver, type Receiver } from './receive.ts'
import { unpack } from './unpack.ts'

export interface EngineDeps {
  store: Store
  clock: Clock
  log: Log
  connections: Map<string, Connection>
  /** Read anew at every step, so that hot reload and tests can replace them. */
  mappings: () => CompiledMapping[]
  lanes: LaneDeadlines
  enrich: { order: string[]; graceMs: number }
  /** Name of this process in lease rows. */
  holder: string
  random?: () => number
  /** False where requests cannot wait for each other (Workers). Default true. */
  sharesCommits?: boolean
  /** How long receipts that are done with are kept. */
  retentionMs?: number
}

/** What a step did. `more`: call again at once; work is left that is ready now. */
export interface StepResult {
  done: number
  more: boolean
}

export interface StepOptions {
  signal: AbortSignal
  /** Send what is ready without waiting for full batches or deadlines (apply, demo, shutdown). */
  flush?: boolean
  run?: string
  /** Senders are waiting for the store: a small step, whose commit keeps none of them waiting for long. */
  isPressed?: boolean
}

export const STAGES = ['unpack', 'absorb', 'enrich', 'project', 'deliver'] as const
export type StageName = (typeof STAGES)[number]

type Step = (deps: EngineDeps, options: StepOptions) => Promise<StepResult>

const STEPS: Record<StageName, Step> = { unpack, absorb, enrich, project, deliver }

export interface Engine {
  deps: EngineDeps
  receiver: Receiver
  /** One bounded step of one stage: claim, compute, commit. */
  step(stage: StageName, options: StepOptions): Promise<StepResult>
  /** Hands the stages to whoever comes next, at once instead of when the leases expire. */
  releaseLeases(): Promise<void>
}

export function createEngine(deps: EngineDeps): Engine {
  const leases = createLeases(deps)

  /** Stages that touch shared state run in one process at a time; deliver leases operations instead. */
  const mayRun = (stage: StageName): Promise<boolean> =>
    leases.hold(stage === 'deliver' ? presenceOf(deps.holder) : `stage:${stage}`)

  return {
    deps,
    receiver: createReceiver(deps),
    step: async (stage, options) =>
      (await mayRun(stage)) ? STEPS[stage](deps, options) : { done: 0, more: false },
    releaseLeases: () => leases.release(),
  }
}
