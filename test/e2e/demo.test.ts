import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { DemoSummary } from '../../src/cli/demo/summary.ts'
import { BUNDLE, startTributary, workspace } from '../cli/support.ts'

const written = ({ written: rows }: DemoSummary) =>
  rows.reduce((n, { created, updated }) => n + created + updated, 0)

test('the demo fills both CRMs, one buyer is known to eight sources, and a second run sends nothing', {
  timeout: 600_000,
}, async () => {
  const { folder } = workspace()
  const run = async () => {
    const { out, err } = await startTributary(['demo', '--exit', '--json'], { PORT: '0' }, BUNDLE).ended
    expect(err).toBe('')
    return JSON.parse(out) as DemoSummary
  }
  const first = await run()
  expect(first.deadLetters).toBe(0)
  expect(first.people).toBeGreaterThan(350)
  for (const crm of ['salesforce', 'hubspot']) {
    const filled = first.written.filter(({ destination, created }) => destination === crm && created > 0)
    expect(filled.length, crm).toBeGreaterThan(3)
  }

  const db = new DatabaseSync(join(folder, 'data', 'demo', 'tributary.db'), { readOnly: true })
  const timeline = db
    .prepare(
      `SELECT t.connection, t.kind, t.occurred_at AS at FROM touchpoints t
         JOIN entities e ON e.id = t.person WHERE e.root = ? ORDER BY t.occurred_at`,
    )
    .all(first.urls.showcase!.split('/').at(-1)!) as { connection: string; kind: string; at: number }[]
  db.close()
  expect(new Set(timeline.map(({ connection }) => connection)).size).toBeGreaterThanOrEqual(8)
  const firstOf = (...kinds: string[]) => timeline.find(({ kind }) => kinds.includes(kind))?.at
  const story = [
    firstOf('page.viewed'),
    firstOf('form.submitted'),
    firstOf('email.sent', 'email.received'),
    firstOf('meeting.held'),
    firstOf('quote.viewed'),
    firstOf('call.completed'),
    firstOf('subscription.started'),
    firstOf('invoice.paid'),
  ]
  expect(story).not.toContain(undefined)
  expect(story).toEqual([...story].sort((a, b) => Number(a) - Number(b)))

  const second = await run()
  expect(written(second)).toBe(0)
  expect(second.touchpoints).toBe(first.touchpoints)
})
