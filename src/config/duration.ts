import * as z from 'zod'
import { durationMs } from '#kit'

/** "90s", "15m" → milliseconds. */
export const duration = () =>
  z
    .string('expected a duration such as 90s, 15m, 1h or 3d')
    .regex(/^\d+(?:\.\d+)?[smhd]$/, 'expected a duration such as 90s, 15m, 1h or 3d')
    .transform(durationMs)
    .refine((ms) => ms > 0, 'expected a duration above zero')
