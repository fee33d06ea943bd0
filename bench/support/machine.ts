import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** CPU seconds that a process and all its threads have used. Linux only, as are all figures of other processes. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th fields after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export interface Memory {
  /** Now and at its highest, in MB. */
  rss: number
  peak: number
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { rss: read('VmRSS'), peak: read('VmHWM') }
}

const SAMPLE_MS = 250
const QUIET_SHARE = 0.15

/** Share of the machine's CPU time that was used in the last quarter of a second. */
async function busyShare(): Promise<number> {
  const before = cpuTimes()
  await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
  const after = cpuTimes()
  return (after.used - before.used) / (after.all - before.all)
}

function cpuTimes(): { used: number; all: number } {
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = readFileSync(
    '/proc/stat',
    'utf8',
  )
    .split('\n', 1)[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const used = user + nice + system + irq + softIrq + steal
  return { used, all: used + idle + wait }
}

/**
 * Waits until others leave the machine alone, in vain after BENCH_PATIENCE seconds (default 5). Returns how busy it is.
 */
export async function quietMoment(): Promise<number> {
  const until = performance.now() + 1000 * Number(process.env.BENCH_PATIENCE ?? 5)
  for (;;) {
    const busy = await busyShare()
    if (busy <= QUIET_SHARE || performance.now() >= until) return busy
  }
}
