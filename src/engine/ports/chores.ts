import type { Instant } from '#model'

/** Long work that somebody asked for: done step by step beside everything else, and known by its run. */
export interface Chore {
  run: string
  kind: 'audit' | 'undo'
  request: Record<string, unknown>
  /** Where the next step begins; absent before the first. */
  place?: Record<string, unknown>
  /** What was found so far. */
  result: Record<string, unknown>
  notBefore: Instant
  createdAt: Instant
  finishedAt?: Instant
}

export interface ChorePort {
  add(chore: Pick<Chore, 'run' | 'kind' | 'request' | 'createdAt'>): Promise<void>
  /** The oldest one whose time has come. */
  next(now: Instant): Promise<Chore | undefined>
  of(run: string): Promise<Chore | undefined>
  save(chore: Pick<Chore, 'run' | 'result' | 'notBefore' | 'place' | 'finishedAt'>): Promise<void>
}
