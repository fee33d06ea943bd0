// Builds dist/tributary.js (the CLI and Node server as one bundle: starts in a fraction of the time of loose modules)
// and src/embedded.ts (mappings and configuration for the Worker, which has no files).
import { rmSync } from 'node:fs'
import { build } from 'esbuild'
import { writeEmbedded } from './embed.ts'

writeEmbedded()
// Names of chunks change with their content: the old ones would stay.
rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: { tributary: 'src/cli/main.ts', 'csv-worker': 'src/cli/csv-worker.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minifySyntax: true,
  sourcemap: 'linked',
  logLevel: 'warning',
  // Native addon: stays a package.
  external: ['libsql'],
  // jsforce brings its own HTTP client, which the one door replaces.
  alias: { undici: './connectors/salesforce/undici-shim.cjs' },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
})
