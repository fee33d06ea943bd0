import { expect, test } from 'vitest'
import type { WriteCounts } from '../../../src/engine/ports.ts'
import { CONTACT, type Current, claim, DAY, finish, NOW, operation, project } from './builders.ts'

const HOUR = 3_600_000
const NONE: WriteCounts = { creates: 0, nulls: 0, owners: 0, records: 0, remapped: 0 }

export function describeThresholds(current: Current): void {
  const window = (since = NOW - DAY) => current().thresholds.window({ destination: 'sf', since })
  const hold = (object: string, at = NOW) =>
    current().thresholds.hold({ destination: 'sf', object, reason: 'too much', at })

  test('what was written adds up over a window, by object; also what comes with results', async () => {
    const { thresholds, deliver } = current()
    await thresholds.add([
      { ...NONE, ...CONTACT, at: NOW - 2 * HOUR, records: 3, nulls: 1 },
      { ...NONE, ...CONTACT, at: NOW - 2 * HOUR, records: 2 },
      { ...NONE, ...CONTACT, at: NOW - 2 * DAY, records: 90 },
      { ...NONE, destination: 'sf', object: 'Lead', at: NOW, creates: 7 },
      { ...NONE, destination: 'hubspot', object: 'contacts', at: NOW, owners: 1 },
    ])
    await deliver.finish({
      now: NOW,
      results: [],
      deliveries: [],
      live: [],
      redirects: [],
      counts: [{ ...NONE, ...CONTACT, at: NOW, remapped: 4 }],
    })
    await thresholds.add([{ ...NONE, ...CONTACT, at: NOW, records: -1 }])
    expect((await window()).counts).toEqual([
      { ...NONE, object: 'Contact', records: 4, nulls: 1, remapped: 4 },
      { ...NONE, object: 'Lead', creates: 7 },
    ])
    await thresholds.forget(NOW - DAY)
    expect((await window(0)).counts).toEqual((await window()).counts)
  })

  test('an object is held until somebody accepts; its counts begin anew then', async () => {
    const { thresholds } = current()
    await thresholds.add([{ ...NONE, ...CONTACT, at: NOW, records: 3 }])
    await hold('Contact')
    await hold('Contact', NOW + 5)
    await hold('Lead')
    const held = { ...CONTACT, reason: 'too much', at: NOW }
    expect((await window()).holds).toContainEqual(held)
    expect(await thresholds.holds()).toHaveLength(2)
    expect(await thresholds.holds('hubspot')).toEqual([])
    expect(await thresholds.accept({ destination: 'hubspot', now: NOW })).toEqual([])
    expect(await thresholds.accept({ object: 'Contact', now: NOW + 9 })).toEqual([held])
    expect(await thresholds.accept({ object: 'Contact', now: NOW + 10 })).toEqual([])
    expect(await window()).toMatchObject({
      counts: [],
      holds: [{ object: 'Lead' }],
      accepted: [{ object: 'Contact', at: NOW + 9 }],
    })
    await hold('Contact', NOW + 20)
    expect(await thresholds.holds('sf')).toContainEqual({ ...held, at: NOW + 20 })
  })

  test('what is held wakes nobody', async () => {
    await project(current(), { operations: [operation('a')] })
    expect(await current().control.nextWake(NOW)).toBeDefined()
    await hold('Contact')
    expect(await current().control.nextWake(NOW)).toBeUndefined()
    await current().thresholds.accept({ now: NOW })
    expect(await current().control.nextWake(NOW)).toBeDefined()
  })

  test('the first version of a mapping file is no change', async () => {
    const version = (hash: string, file: string, seenAt: number) => ({
      hash,
      file,
      ...CONTACT,
      seenAt,
      text: hash,
    })
    await current().control.saveMappings([
      version('one', 'contact.yaml', NOW - 9 * DAY),
      version('two', 'contact.yaml', NOW - HOUR),
      version('other', 'more.yaml', NOW),
    ])
    expect((await window()).changed).toEqual([{ object: 'Contact', hash: 'two', seenAt: NOW - HOUR }])
    expect((await window(NOW)).changed).toEqual([])
  })

  test('of what waits only changes of records that the CRM has are counted, by mapping', async () => {
    const store = current()
    const wanted = (person: string, mapping: string) =>
      operation(`op_${person}_${mapping}`, { entity: `per_${person}`, mapping })
    await project(store, { operations: ['a', 'b', 'c'].map((person) => wanted(person, 'old')) })
    const sent = await claim(store)
    await finish(
      store,
      sent.map(({ id }) => ({ id, outcome: 'done', crmId: `003${id}`, fields: {} })),
    )
    await project(store, {
      operations: [wanted('a', 'new'), wanted('b', 'new'), wanted('c', 'older'), wanted('d', 'new')],
    })
    const awaiting = (hashes: string[], max = 10) => store.thresholds.awaiting({ ...CONTACT, hashes, max })
    expect(await awaiting(['new'])).toBe(2)
    expect(await awaiting(['new', 'older'])).toBe(3)
    expect(await awaiting(['new', 'older'], 1)).toBe(1)
    expect(await awaiting([])).toBe(0)
  })
}
