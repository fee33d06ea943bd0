// Everything `npm test` checks, one step after the other; the last line counts what passed and what failed.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'tributary-test-'))
let passed = 0
let failed = 0

/** Several times what the slowest step takes: whatever hangs must end with a message, not with the patience of whoever waits. */
const PATIENCE_MS = 45 * 60_000

function run(title: string, command: string, args: string[]): boolean {
  console.log(`\n── ${title}`)
  const started = performance.now()
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  })
  if (error) console.error(`${title}: ${error.message}`)
  console.log(`── ${title}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
  return status === 0
}

function check(title: string, command: string, args: string[]): void {
  if (run(title, command, args)) passed++
  else failed++
}

/** Runs vitest and counts its tests; a run that ended without a report counts as one failure. */
function suite(title: string, config: string): void {
  const report = join(folder, `${title.replaceAll(' ', '-')}.json`)
  const isGreen = run(title, 'vitest', [
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  const result = existsSync(report)
    ? (JSON.parse(readFileSync(report, 'utf8')) as { numPassedTests: number; numFailedTests: number })
    : undefined
  passed += result?.numPassedTests ?? 0
  failed += result?.numFailedTests ?? 0
  if (!isGreen && !result?.numFailedTests) failed++
}

check('build', 'node', ['scripts/build.ts'])
check('style', 'biome', ['check', '.'])
check('types', 'tsc', ['--noEmit'])
suite('tests on Node', 'vitest.config.ts')
suite('tests in workerd', 'vitest.worker.config.ts')

rmSync(folder, { recursive: true, force: true })
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
