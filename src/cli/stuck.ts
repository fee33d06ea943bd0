import type { StuckOperations } from '../engine/ports.ts'

/** What waits for a CRM, why, until when, and what to do about it. */
export const describeStuck = ({ destination, object, count, error, nextAt }: StuckOperations): string =>
  `waiting ${destination} ${object} (${count}): ${error.message}\n` +
  `  code: ${error.code}, tried again from ${new Date(nextAt).toISOString()}\n` +
  `  fix: ${error.fix}`
