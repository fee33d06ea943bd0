// Where the time went: node bench/support/profile.ts <file.cpuprofile…> prints self time by file and by function.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const SHOWN = 25
const root = fileURLToPath(new URL('../..', import.meta.url))

const nameOf = (url: string): string =>
  url.startsWith('file://') ? relative(root, fileURLToPath(url)) : url || '(engine)'

/** Self time in milliseconds per key. */
function selfTimes(
  profiles: Profile[],
  keyOf: (frame: Profile['nodes'][number]['callFrame']) => string,
): [string, number][] {
  const times = new Map<string, number>()
  for (const { nodes, samples, timeDeltas } of profiles) {
    const keys = new Map(nodes.map(({ id, callFrame }) => [id, keyOf(callFrame)]))
    samples.forEach((id, i) => {
      const key = keys.get(id)!
      times.set(key, (times.get(key) ?? 0) + timeDeltas[i]! / 1000)
    })
  }
  times.delete('(engine) (idle)')
  return [...times].sort(([, a], [, b]) => b - a)
}

function print(title: string, rows: [string, number][]): void {
  const total = rows.reduce((sum, [, ms]) => sum + ms, 0)
  process.stdout.write(`${title}, ${Math.round(total)} ms in all\n`)
  for (const [name, ms] of rows.slice(0, SHOWN)) {
    process.stdout.write(
      `${((100 * ms) / total).toFixed(1).padStart(6)} %  ${ms.toFixed(0).padStart(7)} ms  ${name}\n`,
    )
  }
}

const profiles = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as Profile)
const file = ({ url, functionName }: Profile['nodes'][number]['callFrame']) =>
  url ? nameOf(url) : `(engine) ${functionName}`
print('By file', selfTimes(profiles, file))
print(
  'By function',
  selfTimes(
    profiles,
    (frame) =>
      `${frame.url ? `${nameOf(frame.url)}:${frame.lineNumber + 1} ` : '(engine) '}${frame.functionName || '(anonymous)'}`,
  ),
)
