import { loadavg } from 'node:os'

export interface Figure {
  bench: string
  metric: string
  value: number
  unit: string
  /** What `value` is measured against, from the same run where it is a speed. */
  baseline?: number
  /** In words. */
  goal?: string
  meets?: boolean
  /** Of value and baseline that matter; 3 where nothing is said. */
  digits?: number
  /** Whatever else a reader needs to judge the figure. */
  detail?: Record<string, number | string>
}

/** One JSON line, with the load of the machine beside it: a wall-clock figure of a busy machine says little. */
export function report({ detail, digits = 3, ...figure }: Figure): void {
  const { value, baseline } = figure
  const line = {
    ...figure,
    value: rounded(value, digits),
    ...(baseline === undefined
      ? {}
      : { baseline: rounded(baseline, digits), ratio: rounded(value / baseline) }),
    ...(detail
      ? Object.fromEntries(
          Object.entries(detail).map(([k, v]) => [k, typeof v === 'number' ? rounded(v, digits) : v]),
        )
      : {}),
    load: rounded(loadavg()[0] ?? 0),
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Significant digits; whole numbers stay whole. */
export const rounded = (value: number, digits = 3): number =>
  Number.isInteger(value) || Math.abs(value) >= 10 ** digits
    ? Math.round(value)
    : Number(value.toPrecision(digits))

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export const percentile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
