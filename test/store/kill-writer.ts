import { openStore } from '../../src/store/open-store.ts'
import { record } from './suite/builders.ts'

/** Commits pages with their cursor for ever, each to a stream of its own, and says so after each. */
const [path = '', first = '0'] = process.argv.slice(2)
const store = await openStore(path)
for (let commit = Number(first); ; commit++) {
  const stream = `stream ${commit}`
  const records = Array.from({ length: 800 }, (_, i) =>
    record(`c${i}`, { stream, version: commit, body: `{"text":"${'x'.repeat(2_000)}"}` }),
  )
  await store.intake.commitPage({
    connection: 'stripe-eu',
    stream,
    records,
    cursor: { at: commit },
    now: commit,
  })
  process.stdout.write(`${commit}\n`)
}
