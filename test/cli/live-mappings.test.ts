import { rmSync, utimesSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import { silentLog } from '#kit'
import { liveMappings, watchMappings } from '../../src/cli/live-mappings.ts'
import { mappingTrouble } from '../../src/engine/mappings/mapping-trouble.ts'
import { openStore } from '../../src/store/open-store.ts'
import { startCrm } from './crm.ts'
import { startTributary, tributary, variable, workspace } from './support.ts'

const mapping = (title: string) => `apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.email | is_set
fields:
  Email: person.email
  LastName: "'Lovelace'"
  Title: ${title}
`
const BROKEN = mapping('person.titel')

test('a changed file takes effect at the second look at it, a broken one never', () => {
  const { write } = workspace({ 'mappings/a.yaml': mapping('"\'One\'"') })
  const live = liveMappings('mappings')
  const [before] = live.current()
  expect(live.look()).toEqual({ state: 'same' })

  write('mappings/a.yaml', mapping('"\'Number two\'"'))
  expect(live.look()).toEqual({ state: 'waiting' })
  expect(live.current()[0]).toBe(before)
  expect(live.look()).toEqual({ state: 'changed' })
  const [after] = live.current()
  expect(after!.hash).not.toBe(before!.hash)

  write('mappings/a.yaml', BROKEN)
  live.look()
  expect(live.look()).toMatchObject({
    state: 'broken',
    problems: [expect.stringContaining('mappings/a.yaml:8:17 error mapping.unknown_name')],
  })
  // Said once, not every second.
  expect(live.look()).toEqual({ state: 'same' })
  expect(live.current()).toEqual([after])

  write('mappings/a.yaml', mapping('"\'Number two\'"'))
  live.look()
  expect(live.look()).toEqual({ state: 'changed' })
})

test('a new file is found, and one that was only touched changes nothing that matters', () => {
  const { write } = workspace({ 'mappings/a.yaml': mapping('"\'One\'"') })
  const live = liveMappings('mappings')
  write('mappings/deep/b.yaml', mapping('"\'One\'"').replace('object: Contact', 'object: Lead'))
  live.look()
  expect(live.look()).toEqual({ state: 'changed' })
  expect(live.current().map(({ object }) => object)).toEqual(['Contact', 'Lead'])
  const [before] = live.current()
  utimesSync('mappings/a.yaml', 1, 1)
  live.look()
  live.look()
  expect(live.current()[0]!.hash).toBe(before!.hash)
})

test('a folder that is gone or empty keeps the mappings in use', () => {
  workspace({ 'mappings/a.yaml': mapping('"\'One\'"') })
  const live = liveMappings('mappings')
  rmSync('mappings/a.yaml')
  live.look()
  expect(live.look()).toMatchObject({
    state: 'broken',
    problems: ['mappings holds no mapping file any more'],
  })
  rmSync('mappings', { recursive: true })
  live.look()
  expect(live.look()).toMatchObject({ state: 'broken' })
  expect(live.current()).toHaveLength(1)
})

test('what is broken is logged, stays in the database until it is mended, and is mended by a restart', async () => {
  const { write } = workspace({ 'mappings/a.yaml': mapping('"\'One\'"') })
  const store = await openStore(':memory:')
  onTestFinished(() => store.close())
  const errors: string[] = []
  let changes = 0
  /** Runs the watch for as many seconds as there are steps; each step is done before its second passes. */
  async function watch(...steps: (() => void)[]): Promise<void> {
    const stopping = new AbortController()
    const clock = {
      now: () => 42,
      async sleep() {
        const step = steps.shift()
        if (step) step()
        else stopping.abort()
      },
      startTimer: () => () => {},
    }
    const log = { ...silentLog, error: (message: string) => errors.push(message) }
    await watchMappings(live, { store, clock, log, signal: stopping.signal, onChange: () => changes++ })
  }
  const live = liveMappings('mappings')
  await watch(
    () => write('mappings/a.yaml', BROKEN),
    () => {},
    () => {},
  )
  expect(errors).toEqual(['mapping files are broken; the ones before stay in use'])
  expect(await mappingTrouble(store.control)).toMatchObject({
    since: 42,
    problems: [expect.stringContaining('titel')],
  })
  expect(changes).toBe(0)
  await watch()
  expect(await mappingTrouble(store.control)).toBeUndefined()
})

test('a running hub takes over a changed mapping, keeps it when the next one is broken, and says so', async () => {
  const crm = await startCrm()
  const { write } = workspace({ 'mappings/a.yaml': mapping('"\'One\'"') })
  write(
    'tributary.yaml',
    crm.config(`  website: { connector: website, writeKey: "${variable('WRITE_KEY')}" }
mappings: mappings
lanes: { lead: 1s, touchpoint: 1s, billing: 1s, backfill: 1s }
`),
  )
  vi.stubEnv('WRITE_KEY', 'wk_cli')
  vi.stubEnv('PORT', '0')
  const hub = startTributary(['start'])
  const [, url] = await hub.says(/^Tributary listens on (http:\/\/127\.0\.0\.1:\d+)\n/)
  await fetch(`${url}/v1/identify`, {
    method: 'POST',
    body: JSON.stringify({
      writeKey: 'wk_cli',
      messageId: '1',
      userId: 'ada',
      traits: { email: 'ada@example.com' },
    }),
  })
  const titles = () => crm.salesforce.records('Contact').map(({ Title }) => Title)
  const until = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 50 })
  await until(() => expect(titles()).toEqual(['One']))

  write('mappings/a.yaml', mapping('"\'Number two\'"'))
  await until(() => expect(titles()).toEqual(['Number two']))

  write('mappings/a.yaml', BROKEN)
  await until(async () =>
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'degraded', mappings: 'broken' }),
  )
  const { out } = await tributary('status')
  expect(out).toMatch(
    /^Mapping files are broken since .*; the running hub uses the ones before:\nmappings\/a\.yaml:8:17 /,
  )

  write('mappings/a.yaml', mapping('"\'Three\'"'))
  await until(() => expect(titles()).toEqual(['Three']))
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
  hub.stop()
  expect(await hub.ended).toMatchObject({ code: 0 })
})
