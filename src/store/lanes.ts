import { LANES, type Lane } from '../kit/source.ts'

/** Lanes are stored as their rank, so that indexes keep the most urgent first. */
export const rankOf = (lane: Lane): number => LANES.indexOf(lane)

export const laneOf = (rank: number): Lane => LANES[rank] ?? 'backfill'
