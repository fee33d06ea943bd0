import type { Hold } from '../engine/ports.ts'

export const describeHold = ({ destination, object, reason, at }: Hold): string =>
  `HELD ${destination} ${object} since ${new Date(at).toISOString()}: ${reason}\n  look with tributary plan, go on with tributary apply --accept`
