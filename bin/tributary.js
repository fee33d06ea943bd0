#!/usr/bin/env -S node --max-semi-space-size=16 --heap-growing-percent=30
// The heap grows in small steps: a command over a large database needs 250 MB instead of 390.
// Runs the bundle under Node 24 (the `node` package beside it) where the system's own Node is too old for it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const bundle = new URL('../dist/tributary.js', import.meta.url)
const ownNode = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
const [major] = process.versions.node.split('.').map(Number)

if (!existsSync(bundle)) {
  console.error('error: dist/ is missing. Run: npm run build')
  process.exit(2)
}
if (major < 24 && existsSync(ownNode)) {
  const child = spawn(ownNode, [...process.execArgv, fileURLToPath(bundle), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // Whoever stops this process means the hub.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('close', (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
} else {
  await import(bundle.href)
}
