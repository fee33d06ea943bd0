import type { Subject } from '../subject.ts'

export interface Broken {
  /** What is wrong with it. */
  fault: string
  /** Name of the one check that must fail. */
  fails: string
  make(): Promise<Subject>
}
