import { definition } from './definition.ts'
import { destination } from './destination.ts'
import { enricher } from './enricher.ts'
import { pull } from './pull.ts'
import { records } from './records.ts'
import type { Broken } from './types.ts'
import { webhooks } from './webhooks.ts'

/** Connectors that each break one rule. */
export const BROKEN: Broken[] = [...definition, ...records, ...pull, ...webhooks, ...enricher, ...destination]
