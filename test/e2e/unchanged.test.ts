import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CUSTOMERS, deliver, importRows, KNOWN_COMPANIES, PROSPECTS, stock } from '../support/events.ts'
import { HOUR, MINUTE, preparedCrms, startHub, type TestHub, testClock } from '../support/hub.ts'
import { createSandboxes } from '../support/sandboxes.ts'
import { contentOf, writesOf } from '../support/snapshots.ts'

const EVENTS = [...PROSPECTS, ...CUSTOMERS]
const folder = mkdtempSync(join(tmpdir(), 'tributary-unchanged-'))
const database = `file:${join(folder, 'hub.db')}`
const clock = testClock()
let hub: TestHub

beforeAll(async () => {
  const sandboxes = await createSandboxes(clock, {
    crm: await preparedCrms(),
    pdl: { companies: KNOWN_COMPANIES },
  })
  stock(sandboxes)
  hub = await startHub({ clock, sandboxes, database })
  for (const connection of ['stripe', 'pandadoc']) await hub.pull(connection)
  await deliver(hub, EVENTS)
  await hub.drainAll()
})

afterAll(async () => {
  await hub.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Nothing is written to a CRM, and nothing in it is another than before. */
async function changesNothing(again: () => Promise<unknown>): Promise<void> {
  const before = { writes: writesOf(hub.sandboxes), content: contentOf(hub.sandboxes) }
  expect(before.writes.salesforce).toBeGreaterThan(20)
  hub.clock.advance(11 * MINUTE)
  await again()
  await hub.drainAll()
  expect(writesOf(hub.sandboxes)).toEqual(before.writes)
  expect(contentOf(hub.sandboxes)).toEqual(before.content)
}

const restart = async () => {
  const { sandboxes } = hub
  await hub.close()
  hub = await startHub({ clock, sandboxes, database, holder: `after ${clock.now()}` })
}

const sent = (source: string) => EVENTS.filter((event) => event.source === source)

test.each(['stripe', 'pandadoc'])('%s pulled again writes nothing', (name) =>
  changesNothing(() => hub.pull(name)),
)

test.each(['stripe', 'pandadoc'])('%s read in full again writes nothing', (name) =>
  changesNothing(async () => {
    const results = await hub.pull(name, { full: true })
    expect(results.reduce((sum, { run }) => sum + run.counts.records!, 0)).toBeGreaterThan(0)
  }),
)

test.each(['website', 'sendgrid', 'stripe', 'pandadoc'])(
  '%s delivering everything again writes nothing',
  (source) => changesNothing(() => deliver(hub, sent(source).toReversed())),
)

test('rows imported again write nothing', () =>
  changesNothing(async () => {
    for (const event of EVENTS)
      if (event.source === 'csv') expect(await importRows(hub, event.kind, [event.row])).toBe(0)
  }))

test('a restart writes nothing, nor does pulling after it', () =>
  changesNothing(async () => {
    await restart()
    await hub.drainAll()
    for (const connection of ['stripe', 'pandadoc']) await hub.pull(connection)
  }))

test('an hour later nothing is written either', () => changesNothing(async () => hub.clock.advance(HOUR)))
