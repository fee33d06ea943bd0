import { expect, test } from 'vitest'
import type { LiveRecord } from '#kit'
import { type Bench, connect } from './support.ts'

async function poll({ ctx, destination }: Bench, object: string, since = 0, field = 'LastName') {
  const records: LiveRecord[] = []
  let page: string | undefined
  let pages = 0
  do {
    const answer = await destination.changes!.page(ctx, {
      object,
      since,
      fields: [field],
      deletions: true,
      ...(page === undefined ? {} : { page }),
    })
    records.push(...answer.records)
    page = answer.next
    pages++
  } while (page !== undefined)
  return { records, pages }
}

test('what changed since comes with its values and time, the deleted and merged too', async () => {
  const bench = connect()
  const { sandbox, clock } = bench
  const make = (LastName: string) => sandbox.edit('Contact', undefined, { LastName })
  const [old, edited, deleted, winner, loser] = ['Old', 'Edited', 'Deleted', 'Winner', 'Loser'].map(make)
  clock.advance(60_000)
  const since = clock.now()
  sandbox.edit('Contact', edited!, { LastName: 'Renamed' })
  sandbox.remove('Contact', deleted!)
  sandbox.merge('Contact', winner!, loser!)
  const { records } = await poll(bench, 'Contact', since)
  const byId = new Map(records.map((r) => [r.crmId, r]))
  expect([...byId.keys()].sort()).toEqual([edited, deleted, winner, loser].sort())
  expect(byId.has(old!)).toBe(false)
  expect(byId.get(edited!)).toEqual({ crmId: edited, fields: { LastName: 'Renamed' }, modifiedAt: since })
  expect(byId.get(deleted!)).toMatchObject({ isDeleted: true })
  expect(byId.get(loser!)).toMatchObject({ isDeleted: true, movedTo: winner })
})

test('a converted lead says which contact it became', async () => {
  const bench = connect()
  const id = bench.sandbox.edit('Lead', undefined, { LastName: 'Lovelace', Company: 'Acme' })
  const { contactId } = bench.sandbox.convertLead(id)
  expect((await poll(bench, 'Lead')).records).toMatchObject([
    { crmId: id, movedTo: contactId, movedToObject: 'Contact' },
  ])
})

test('pages of one instant follow each other by id', async () => {
  const bench = connect()
  const ids = Array.from({ length: 4_100 }, (_, i) =>
    bench.sandbox.edit('Account', undefined, { Name: `Account ${i}` }),
  )
  const { records, pages } = await poll(bench, 'Account', 0, 'Name')
  expect(pages).toBe(3)
  expect(new Set(records.map((r) => r.crmId))).toEqual(new Set(ids))
})
