// npm run bench [name…] [-- --profile]: one JSON line a figure. See README.md.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bulk } from './figures/bulk.ts'
import { calls } from './figures/calls.ts'
import { deliver } from './figures/deliver.ts'
import { enrich } from './figures/enrich.ts'
import { hygiene } from './figures/hygiene.ts'
import { incremental } from './figures/incremental.ts'
import { match } from './figures/match.ts'
import { memory } from './figures/memory.ts'
import { plan } from './figures/plan.ts'
import { pull } from './figures/pull.ts'
import { receive } from './figures/receive.ts'
import { sources } from './figures/sources.ts'
import { start } from './figures/start.ts'
import { profiling, root } from './support/processes.ts'

const FIGURES: Record<string, () => Promise<void>> = {
  start,
  receive,
  pull,
  sources,
  deliver,
  calls,
  bulk,
  plan,
  hygiene,
  memory,
  match,
  incremental,
  enrich,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { profile: { type: 'boolean' } },
})
const unknown = positionals.filter((name) => !(name in FIGURES))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no figure ${unknown.join(', ')}; there are ${Object.keys(FIGURES).join(', ')}\n`,
  )
  process.exit(2)
}
if (values.profile) {
  profiling.folder = join(root, 'data', 'bench', 'profiles')
  mkdirSync(profiling.folder, { recursive: true })
} else build()
for (const name of positionals.length > 0 ? positionals : Object.keys(FIGURES)) await FIGURES[name]!()

/** What is measured is what is in the sources now. */
function build(): void {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 1)
}
