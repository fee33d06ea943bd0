import type { Environment } from './environment.ts'
import type { Output } from './output.ts'

/** What every command gets. It returns its exit code: 0 done, 1 something failed, 2 usage, 3 plan exceeds its thresholds. */
export interface CommandInput<O = unknown> {
  environment: Environment
  output: Output
  args: string[]
  options: O
}
