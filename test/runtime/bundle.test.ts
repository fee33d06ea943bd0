import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'tributary-bundle-'))
let deployed: SpawnSyncReturns<string>

beforeAll(() => {
  const wrangler = fileURLToPath(import.meta.resolve('wrangler'))
  deployed = spawnSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', join(folder, 'out')], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
    env: {
      ...process.env,
      TRIBUTARY_CONFIG: 'tributary.example.yaml',
      WRANGLER_SEND_METRICS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      XDG_CONFIG_HOME: folder,
      WRANGLER_LOG_PATH: folder,
    },
  })
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('wrangler deploy --dry-run accepts the configuration', () => {
  expect(deployed.stderr).not.toContain('ERROR')
  expect(deployed.status).toBe(0)
  expect(deployed.stdout).toContain('env.DB')
  expect(deployed.stdout).toContain('env.WORK')
})

test('the Worker is at most 1 MiB when compressed', () => {
  expect(gzipSync(readFileSync(join(folder, 'out', 'worker.js'))).length).toBeLessThanOrEqual(MIB)
})
