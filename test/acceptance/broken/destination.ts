import type { Broken } from './types.ts'

export const destination: Broken[] = []
