import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BulkKind, WriteOperation, WriteResult } from '#kit'
import { csvLine, parseCsv, parseTable } from '../../connectors/salesforce/csv.ts'
import { bulkRowError } from '../../connectors/salesforce/errors.ts'
import { readCsv } from '../../src/sandbox/salesforce/csv.ts'
import { type Bench, connect, errorOf, idOf, KEY, operation } from './support.ts'

async function* pages(rows: WriteOperation[]): AsyncGenerator<WriteOperation[]> {
  for (let i = 0; i < rows.length; i += 3) yield rows.slice(i, i + 3)
}

async function listOf<T>(pieces: AsyncIterable<T[]>): Promise<T[]> {
  const list: T[] = []
  for await (const piece of pieces) list.push(...piece)
  return list
}

const bulkOf = (bench: Bench) => bench.destination.bulk!

async function startJob(
  bench: Bench,
  object: string,
  kind: BulkKind,
  rows: WriteOperation[],
): Promise<string> {
  let id = ''
  await bulkOf(bench).start(bench.ctx, {
    object,
    kind,
    fields: [...new Set(rows.flatMap((row) => Object.keys(row.fields)))],
    rows: () => pages(rows),
    created: async (vendorId) => {
      id = vendorId
    },
  })
  return id
}

/** Lets a job run to its end and reads what became of its rows. */
async function runJob(bench: Bench, object: string, kind: BulkKind, rows: WriteOperation[]) {
  const vendorId = await startJob(bench, object, kind, rows)
  bench.clock.advance(60_000)
  const state = await bulkOf(bench).poll(bench.ctx, vendorId)
  if (state.state !== 'finished') throw new Error(`The job is ${state.state}`)
  const byKey = new Map<string, WriteResult>()
  const unprocessed: string[] = []
  const job = { vendorId, object, kind, rows: rows.length, failed: state.failed }
  for await (const piece of bulkOf(bench).results(bench.ctx, job)) {
    for (const { key, result } of piece.settled) byKey.set(key, result)
    unprocessed.push(...piece.unprocessed)
  }
  return { vendorId, state, byKey, unprocessed }
}

const lead = (n: number, fields: WriteOperation['fields'] = {}) =>
  operation(`per_${n}`, { LastName: `L${n}`, Company: 'Acme', ...fields })

test('property: what is written as CSV is read back cell by cell, by both readers', () => {
  const cell = fc.oneof(fc.string(), fc.constantFrom('a"b', 'x,y', 'line\nend', ' edge ', '"', 'Ünï', '1'))
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }), (rows) => {
      const asked = rows.map((row) => row.map((text) => text.replaceAll('\r', '')))
      const expected = asked.map((row) => row.map((text) => (text === '' ? '#N/A' : text)))
      const text = asked.map((row) => csvLine(row)).join('')
      expect([...parseCsv(text)]).toEqual(expected)
      expect(readCsv(text, 'LF')).toEqual(expected)
    }),
  )
})

test('property: a table reads the same however its file is cut into pieces', async () => {
  const cell = fc.oneof(fc.string(), fc.constantFrom('a"b', 'x,y', 'line\nend', '"', '""', ' "', 'Ünï', '1'))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { minLength: 1 }),
      fc.array(fc.nat(20)),
      async (rows, cuts) => {
        const asked = rows.map((row) => row.map((text) => text.replaceAll('\r', '')))
        let rest = ['a,b\n', ...asked.map((row) => csvLine(row))].join('')
        const pieces: string[] = []
        for (const cut of cuts) {
          pieces.push(rest.slice(0, cut))
          rest = rest.slice(cut)
        }
        async function* file() {
          yield* [...pieces, rest]
        }
        const read = await listOf(parseTable(file()))
        expect(read.map((of) => [of('a'), of('b'), of('c')])).toEqual(
          asked.map((row) => [...row.map((text) => (text === '' ? '#N/A' : text)), undefined]),
        )
      },
    ),
  )
})

test('absent leaves a field alone, null and an empty text clear it', () => {
  expect(csvLine([undefined, null, '', 0, false, 'a'])).toBe(',#N/A,#N/A,0,false,a\n')
})

test('the code of a row decides, whatever its message says', () => {
  const locked = bulkRowError('UNABLE_TO_LOCK_ROW:unable to obtain: exclusive access:--', 'Contact')
  expect([locked.kind, locked.code, locked.details.vendorCode]).toEqual([
    'transient',
    'record.locked',
    'UNABLE_TO_LOCK_ROW',
  ])
  const missing = bulkRowError(
    'REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --',
    'Contact',
  )
  expect(missing.code).toBe('admin_rule.required')
  expect(missing.details.at).toEqual({ object: 'Contact', field: 'LastName' })
  expect(bulkRowError('something new', 'Contact').code).toBe('record.rejected')
})

test('rows are created, found again by external id, and updated by CRM id', async () => {
  const bench = connect({}, { assignment: 'none' })
  const first = await runJob(bench, 'Lead', 'upsert', [lead(1, { Title: 'a, "b"\nc' }), lead(2), lead(3)])
  expect(bench.sandbox.records('Lead').map((r) => [r[KEY], r.LastName, r.Title])).toEqual([
    ['per_1', 'L1', 'a, "b"\nc'],
    ['per_2', 'L2', undefined],
    ['per_3', 'L3', undefined],
  ])
  const id = idOf(first.byKey.get('per_1'))
  const again = await runJob(bench, 'Lead', 'upsert', [lead(1)])
  expect(again.byKey.get('per_1')).toEqual({ status: 'written', crmId: id, created: false })
  const updated = await runJob(bench, 'Lead', 'update', [
    operation('per_1', { Title: null, AnnualRevenue: 12, DoNotCall: true }, { crmId: id }),
  ])
  expect(updated.byKey.get(id)).toEqual({ status: 'written', crmId: id, created: false })
  const record = bench.sandbox.record('Lead', id)!
  expect([record.Title, record.AnnualRevenue, record.DoNotCall, record.LastName, record[KEY]]).toEqual([
    undefined,
    12,
    true,
    'L1',
    'per_1',
  ])
})

test('a record that is adopted by id gets our key', async () => {
  const bench = connect()
  const id = bench.sandbox.edit('Contact', undefined, { LastName: 'Doe' })
  await runJob(bench, 'Contact', 'update', [operation('per_1', { Title: 'CTO' }, { crmId: id, adopt: true })])
  expect(bench.sandbox.record('Contact', id)).toMatchObject({ [KEY]: 'per_1', Title: 'CTO' })
})

test('a record that was deleted meanwhile is not created again by an update', async () => {
  const bench = connect()
  const id = bench.sandbox.edit('Contact', undefined, { LastName: 'Doe', [KEY]: 'per_1' })
  bench.sandbox.remove('Contact', id)
  const { byKey } = await runJob(bench, 'Contact', 'update', [
    operation('per_1', { Title: 'x' }, { crmId: id }),
  ])
  expect(errorOf(byKey.get(id)).code).toBe('record.not_found')
  expect(bench.sandbox.records('Contact')).toEqual([])
})

test('a whole job takes create, upload, close, one look and one list of results', async () => {
  const bench = connect({}, { assignment: 'none' })
  await runJob(bench, 'Lead', 'upsert', [lead(1), lead(2)])
  expect(bench.sandbox.requests.map((r) => `${r.method} ${r.path.replace(/750\w+/, 'ID')}`)).toEqual([
    'POST /services/oauth2/token',
    'POST /services/data/v64.0/jobs/ingest',
    'PUT /services/data/v64.0/jobs/ingest/ID/batches',
    'PATCH /services/data/v64.0/jobs/ingest/ID',
    'GET /services/data/v64.0/jobs/ingest/ID',
    'GET /services/data/v64.0/jobs/ingest/ID/successfulResults/',
  ])
  expect(bench.sandbox.apiCalls).toBe(5)
})

test('refused rows carry their class; the others are written', async () => {
  const bench = connect({}, { assignment: 'none' })
  const { byKey, unprocessed, state } = await runJob(bench, 'Lead', 'upsert', [
    lead(1),
    lead(2, { Title: 'x'.repeat(200) }),
    lead(3, { Status: 'Nonsense' }),
    operation('per_4', { LastName: 'No company' }),
    lead(5),
  ])
  expect(state).toEqual({ state: 'finished', end: 'complete', failed: 3 })
  expect(unprocessed).toEqual([])
  expect(
    [...byKey].map(([key, r]) => [key, r.status === 'failed' ? r.error.details.vendorCode : r.status]),
  ).toEqual([
    ['per_1', 'written'],
    ['per_5', 'written'],
    ['per_2', 'STRING_TOO_LONG'],
    ['per_3', 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
    ['per_4', 'REQUIRED_FIELD_MISSING'],
  ])
  expect(errorOf(byKey.get('per_4')).details.at).toMatchObject({ field: 'Company' })
})

test('rows that an aborted job never came to are told apart', async () => {
  const bench = connect({}, { assignment: 'none' })
  bench.sandbox.troubleBulk({ abortAfter: 2 })
  const { byKey, unprocessed, state } = await runJob(
    bench,
    'Lead',
    'upsert',
    [1, 2, 3, 4].map((n) => lead(n)),
  )
  expect(state).toMatchObject({ state: 'finished', end: 'aborted', reason: 'Aborted' })
  expect([...byKey.keys()]).toEqual(['per_1', 'per_2'])
  expect(unprocessed).toEqual(['per_3', 'per_4'])
})

test('a file with a field that the org lacks fails as a whole, and no row is written', async () => {
  const bench = connect({}, { assignment: 'none' })
  const { state, unprocessed } = await runJob(bench, 'Lead', 'upsert', [lead(1, { Nope__c: 'x' }), lead(2)])
  expect(state).toMatchObject({ end: 'failed', reason: 'InvalidBatch : Field name not found : Nope__c' })
  expect(unprocessed).toEqual(['per_1', 'per_2'])
  expect(bench.sandbox.records('Lead')).toEqual([])
})

test('a job that is not finished is running, an unclosed one is open and can be thrown away', async () => {
  const bench = connect({}, { assignment: 'none' })
  bench.sandbox.troubleBulk({ durationMs: 1_000_000 })
  const id = await startJob(bench, 'Lead', 'upsert', [lead(1)])
  bench.clock.advance(60_000)
  expect(await bulkOf(bench).poll(bench.ctx, id)).toEqual({ state: 'running' })
  bench.sandbox.fail({ kind: 'lost_before', matches: (r) => r.method === 'PUT' })
  let lost = ''
  await expect(
    bulkOf(bench).start(bench.ctx, {
      object: 'Lead',
      kind: 'upsert',
      fields: ['LastName'],
      rows: () => pages([lead(2)]),
      created: async (vendorId) => {
        lost = vendorId
      },
    }),
  ).rejects.toThrow()
  expect(await bulkOf(bench).poll(bench.ctx, lost)).toEqual({ state: 'open' })
  await bulkOf(bench).abandon(bench.ctx, { object: 'Contact', since: 0 })
  expect(await bulkOf(bench).poll(bench.ctx, lost)).toEqual({ state: 'open' })
  await bulkOf(bench).abandon(bench.ctx, { object: 'Lead', since: 0 })
  expect(bench.sandbox.bulkJobs().map((job) => job.state)).toEqual(['InProgress', 'Aborted'])
})

test('an upload is sent once, however it ends', async () => {
  const bench = connect({}, { assignment: 'none' })
  bench.sandbox.fail({ kind: 'lost_after', matches: (r) => r.method === 'PUT' })
  await expect(startJob(bench, 'Lead', 'upsert', [lead(1)])).rejects.toThrow()
  expect(bench.sandbox.requests.filter((r) => r.method === 'PUT')).toHaveLength(1)
})

test('new leads are assigned by the active rule', async () => {
  const bench = connect()
  const rule = bench.sandbox.edit('AssignmentRule', undefined, {
    Name: 'R',
    SobjectType: 'Lead',
    Active: true,
  })
  await startJob(bench, 'Lead', 'upsert', [lead(1)])
  await startJob(bench, 'Contact', 'upsert', [operation('per_1', { LastName: 'x' })])
  expect(bench.sandbox.bulkJobs().map((job) => job.assignmentRuleId)).toEqual([rule, undefined])
})

test('all records of ours are read in pages, values as REST gives them', async () => {
  const bench = connect()
  for (let n = 0; n < 5; n++)
    bench.sandbox.edit('Lead', undefined, {
      LastName: `L${n}`,
      Company: 'A "B", C\nD',
      ...(n === 4 ? {} : { [KEY]: `per_${n}` }),
    })
  bench.sandbox.convertLead(String(bench.sandbox.records('Lead')[3]!.Id))
  const { reads } = bulkOf(bench)
  const id = await reads!.start(bench.ctx, { object: 'Lead', fields: ['LastName', 'Company', 'Title'] })
  expect((await reads!.poll(bench.ctx, id)).isFinished).toBe(false)
  bench.clock.advance(60_000)
  expect(await reads!.poll(bench.ctx, id)).toEqual({ isFinished: true, rows: 4 })
  const { records, next } = await reads!.page(bench.ctx, {
    vendorId: id,
    object: 'Lead',
    fields: ['LastName', 'Company', 'Title'],
  })
  expect(next).toBeUndefined()
  expect((await listOf(records)).map((r) => [r.externalId, r.fields])).toEqual(
    [0, 1, 2].map((n) => [`per_${n}`, { LastName: `L${n}`, Company: 'A "B", C\nD', Title: null }]),
  )
})

test.each([
  [undefined, undefined, 10_000],
  [{ used: 0, limit: 5_000 }, undefined, 2_000],
  [{ used: 70_000, limit: 100_000 }, undefined, 5_400],
  [{ used: 0, limit: 1_000_000 }, undefined, 10_000],
  [{ used: 0, limit: 1_000_000 }, 300, 300],
])('quota %o, configured %s: jobs pay from %i operations', (quota, configured, expected) => {
  const bench = connect({}, configured ? { bulkThreshold: configured } : {})
  expect(bulkOf(bench).threshold(bench.ctx.config, quota)).toBe(expected)
})
