/** Label values by name. Keep them few: every combination is a series that is held in memory. */
export type Labels = Record<string, string>

export interface Counter {
  add(labels?: Labels, by?: number): void
}
export interface Gauge {
  set(value: number, labels?: Labels): void
}
export interface Histogram {
  /** Seconds, where the name says so. */
  observe(value: number, labels?: Labels): void
}

/** Numbers about the running process, in the text format of Prometheus. Asking twice for a name returns the same one. */
export interface Metrics {
  /** Only grows; the name ends in `_total`. */
  counter(name: string, help: string, labels?: readonly string[]): Counter
  gauge(name: string, help: string, labels?: readonly string[]): Gauge
  /** `buckets`: upper bounds, ascending. */
  histogram(
    name: string,
    help: string,
    options?: { labels?: readonly string[]; buckets?: readonly number[] },
  ): Histogram
  /** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
  render(): string
}

const DEFAULT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Family {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  labels: readonly string[]
  buckets: readonly number[]
  series: Map<string, Series>
}
interface Series {
  labels: string
  value: number
  /** Histogram: observations per bucket, not cumulated. */
  counts: number[]
  observations: number
}

export function createMetrics(): Metrics {
  const families = new Map<string, Family>()

  function family(
    name: string,
    type: Family['type'],
    help: string,
    labels: readonly string[],
    buckets: readonly number[] = [],
  ): Family {
    const known = families.get(name)
    if (known && known.type !== type) throw new TypeError(`${name} is a ${known.type}, not a ${type}`)
    const made = known ?? { type, help, labels, buckets, series: new Map() }
    families.set(name, made)
    return made
  }

  return {
    counter(name, help, labels = []) {
      const own = family(name, 'counter', help, labels)
      return {
        add(values = {}, by = 1) {
          seriesOf(own, values).value += by
        },
      }
    },
    gauge(name, help, labels = []) {
      const own = family(name, 'gauge', help, labels)
      return {
        set(value, values = {}) {
          seriesOf(own, values).value = value
        },
      }
    },
    histogram(name, help, { labels = [], buckets = DEFAULT_BUCKETS } = {}) {
      const own = family(name, 'histogram', help, labels, buckets)
      return {
        observe(value, values = {}) {
          const series = seriesOf(own, values)
          const bucket = own.buckets.findIndex((bound) => value <= bound)
          if (bucket >= 0) series.counts[bucket]!++
          series.value += value
          series.observations++
        },
      }
    },
    render: () => [...families].map(([name, own]) => renderFamily(name, own)).join(''),
  }
}

function seriesOf(own: Family, values: Labels): Series {
  let key = ''
  for (const label of own.labels) key += `${values[label] ?? ''}\u0000`
  const known = own.series.get(key)
  if (known) return known
  const labels = own.labels.map((label) => `${label}="${escapeLabel(values[label] ?? '')}"`).join(',')
  const made = { labels, value: 0, counts: own.buckets.map(() => 0), observations: 0 }
  own.series.set(key, made)
  return made
}

const escapeLabel = (text: string): string => text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')
const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
const braced = (...labels: string[]): string => {
  const text = labels.filter((label) => label !== '').join(',')
  return text ? `{${text}}` : ''
}

function renderFamily(name: string, own: Family): string {
  let text = `# HELP ${name} ${escapeHelp(own.help)}\n# TYPE ${name} ${own.type}\n`
  for (const series of own.series.values()) {
    if (own.type !== 'histogram') {
      text += `${name}${braced(series.labels)} ${series.value}\n`
      continue
    }
    let cumulated = 0
    for (const [index, bound] of own.buckets.entries()) {
      cumulated += series.counts[index]!
      text += `${name}_bucket${braced(series.labels, `le="${bound}"`)} ${cumulated}\n`
    }
    text += `${name}_bucket${braced(series.labels, 'le="+Inf"')} ${series.observations}\n`
    text += `${name}_sum${braced(series.labels)} ${series.value}\n`
    text += `${name}_count${braced(series.labels)} ${series.observations}\n`
  }
  return text
}
