import type { StageName } from '../engine/engine.ts'
import type { Context } from './context.ts'

/** What has to be done before it is known what a CRM should hold. Who is merged without asking is merged before. */
export const preparing = ({ config: { matching } }: Context): StageName[] => [
  'unpack',
  'absorb',
  ...(matching.mode === 'auto' ? (['match'] as const) : []),
  'enrich',
  'project',
]
