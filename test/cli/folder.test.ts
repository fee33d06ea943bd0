import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { silentLog } from '#kit'
import { openContext } from '../../src/cli/context.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { watchFolder, watchFolders } from '../../src/cli/folder.ts'
import { testClock } from '../engine/support.ts'
import { startTributary, tributary, workspace } from './support.ts'

const NAMES = 'Id,Name,Email\n1,Ada Lovelace,ada@x.example\n2,Grace Hopper,grace@x.example\n'

/** A hub with an inbox, and what it holds; `restart` is another process on the same database. */
async function world(options = '') {
  const { folder, write } = workspace({
    'tributary.yaml': `connections:\n  csv: { connector: csv, folder: ./inbox${options} }\n`,
    'inbox/.keep': '',
  })
  const clock = testClock()
  const open = async () => {
    const context = await openContext(readEnvironment({}), { clock, log: silentLog, mappings: [] })
    onTestFinished(() => context.close())
    const { deps } = context.engine
    const inbox = watchFolder(deps, deps.connections.get('csv')!, join(folder, 'inbox'))
    return {
      context,
      look: () => inbox.look(),
      /** Two looks: the second one acts on what stood still. */
      async settle() {
        await inbox.look()
        return await inbox.look()
      },
      async keys(stream: string) {
        const { items } = await context.store.inspect.records({ connection: 'csv', stream, limit: 100 })
        return items.map(({ key }) => key).toSorted()
      },
      async runs() {
        const { items } = await context.store.inspect.runs({ limit: 20, kind: 'import' })
        return items.map(({ scope, state, counts, error }) => ({ scope, state, counts, code: error?.code }))
      },
    }
  }
  return {
    ...(await open()),
    clock,
    restart: open,
    path: (name: string) => join(folder, 'inbox', name),
    drop: (name: string, text: string) => write(`inbox/${name}`, text),
    files: (name = '') =>
      existsSync(join(folder, 'inbox', name)) ? readdirSync(join(folder, 'inbox', name)) : [],
  }
}
const NOTHING = { imported: [], known: [], failed: [] }

test('a file is imported when it has stood still for one look, and is moved to done', async () => {
  const w = await world()
  w.drop('customers.csv', NAMES)
  expect(await w.look()).toEqual(NOTHING)
  appendFileSync(w.path('customers.csv'), '3,Alan Turing,alan@x.example\n')
  expect(await w.look()).toEqual(NOTHING)
  expect(await w.look()).toEqual({ ...NOTHING, imported: ['customers.csv'] })
  expect(await w.keys('customers')).toEqual(['1', '2', '3'])
  expect(w.files('done')).toEqual(['customers.csv'])
  expect(w.files()).not.toContain('customers.csv')
  expect(await w.runs()).toEqual([
    {
      scope: 'csv/customers customers.csv',
      state: 'done',
      counts: { records: 3, new: 3, changed: 3, skipped: 0 },
      code: undefined,
    },
  ])
  expect(await w.settle()).toEqual(NOTHING)
})

test('a content is imported once, under whatever name, also by another process', async () => {
  const w = await world()
  w.drop('customers.csv', NAMES)
  await w.settle()
  w.drop('customers.csv', NAMES)
  const next = await w.restart()
  expect(await next.settle()).toEqual({ ...NOTHING, known: ['customers.20261120T120000Z.csv'] })
  w.drop('customers-march.csv', NAMES)
  expect((await next.settle()).known).toEqual(['customers-march.csv'])
  expect(await next.runs()).toHaveLength(1)
  w.drop('contacts.csv', NAMES)
  expect((await next.settle()).imported).toEqual(['contacts.csv'])
  expect(await next.keys('contacts')).toEqual(['1', '2'])
})

test('rows that cannot be used are listed beside the file; cells that look like formulas are marked as text', async () => {
  const w = await world()
  w.drop('Invoices March.csv', 'No,Customer Id,Date,"=Total"\n1,7,2026-01-02,10.00\n2,7,2026-01-03\n')
  w.drop(
    'invoices.csv',
    'No,Customer Id,Date,Total\n1,7,2026-01-02,10.00\n2,7,2026-01-03\n3,7,2026-02-30,"4,00"\n',
  )
  const { imported } = await w.settle()
  expect(imported).toContain('invoices.csv')
  expect(w.files('done')).toContain('invoices.csv.errors.csv')
  const told = readFileSync(w.path('done/invoices.csv.errors.csv'), 'utf8').split('\r\n')
  expect(told[0]).toBe('line,column,row,problem,code')
  expect(told[1]).toMatch(/^3,,left out,".*3 cells.*header has 4",csv\.bad_row$/)
  expect(told.join('\n')).not.toMatch(/(^|,)[=+@]/m)
  expect(
    (await w.runs()).find(({ scope }) => scope.endsWith(' invoices.csv'))!.counts.skipped,
  ).toBeGreaterThan(0)
  // Neither is a table of errors taken for a file to import.
  renameSync(w.path('done/invoices.csv.errors.csv'), w.path('invoices.csv.errors.csv'))
  expect(await w.settle()).toEqual(NOTHING)
})

test.each([
  ['list.csv', NAMES, 'csv.unknown_kind', 'does not say what it lists'],
  ['customers.csv', 'PK\u0003\u0004', 'csv.unreadable', 'workbook'],
  ['invoices.csv', NAMES, 'csv.missing_column', 'total'],
])(
  '%s is moved to failed with the reason beside it, and the run tells it',
  async (name, text, code, reason) => {
    const w = await world()
    w.drop(name, text)
    expect(await w.settle()).toEqual({ ...NOTHING, failed: [name] })
    expect(w.files('failed').toSorted()).toEqual([name, `${name}.errors.csv`])
    const told = readFileSync(w.path(`failed/${name}.errors.csv`), 'utf8')
    expect(told).toContain(code)
    expect(told.toLowerCase()).toContain(reason)
    expect(await w.runs()).toMatchObject([{ state: 'failed', code }])
  },
)

test('files says what a name means and which columns its fields are; changed columns read a file anew', async () => {
  const files = (map: string) =>
    `, currency: EUR, files: [{ name: "kunden*.txt", as: customers, map: { ${map} } }]`
  const w = await world(files('full_name: Bezeichnung, id: Nr'))
  const text = 'Nr;Bezeichnung;Rufname;E-Mail\n1;Ada Lovelace;Ada;ada@x.example\n'
  w.drop('Kunden (1).txt', text)
  w.drop('kunden.csv', text)
  const { imported, failed } = await w.settle()
  expect([imported, failed]).toEqual([['Kunden (1).txt'], ['kunden.csv']])
  expect(await w.keys('customers')).toEqual(['1'])
  const connection = w.context.engine.deps.connections.get('csv')!
  connection.config.files = [{ name: 'kunden*', as: 'customers', map: { full_name: 'Rufname', id: 'Nr' } }]
  w.drop('kunden.txt', text)
  expect((await w.settle()).imported).toEqual(['kunden.txt'])
})

test('what is being written under another name, is hidden, or is no table is left alone', async () => {
  const w = await world()
  for (const name of [
    'customers.csv.part',
    '.customers.csv',
    '~customers.csv',
    'notes.md',
    'sub/customers.csv',
  ])
    w.drop(name, NAMES)
  expect(await w.settle()).toEqual(NOTHING)
  expect(w.files().toSorted()).toEqual(
    ['.customers.csv', '.keep', 'customers.csv.part', 'notes.md', 'sub', '~customers.csv'].toSorted(),
  )
})

test('killed after the import and before the move, the file is read again and changes nothing', async () => {
  const w = await world()
  const { control } = w.context.store
  const { setSetting } = control
  control.setSetting = async () => {
    throw new RangeError('killed')
  }
  w.drop('customers.csv', NAMES)
  await expect(w.settle()).rejects.toThrow('killed')
  control.setSetting = setSetting
  expect(w.files()).toContain('customers.csv')
  w.clock.advance(1000)
  const next = await w.restart()
  expect((await next.settle()).imported).toEqual(['customers.csv'])
  expect((await next.runs())[0]!.counts).toMatchObject({ new: 0, changed: 0 })
})

test('a large file is read beside everything else, with the same records and errors', async () => {
  const w = await world()
  const rows = Array.from({ length: 6_000 }, (_, i) => `${i},Ada Lovelace ${i},ada${i}@example-works.com`)
  w.drop('customers.csv', ['Id,Name,Email', ...rows, '6000,Grace'].join('\n'))
  w.drop('invoices.csv', ['Id,Name,Email', ...rows].join('\n'))
  w.drop('customers-old.csv', ['Id,Name,Email', ...rows.slice(0, 3)].join('\n'))
  const did = await w.settle()
  expect(did.imported.toSorted()).toEqual(['customers-old.csv', 'customers.csv'])
  expect(did.failed).toEqual(['invoices.csv'])
  const runs = await w.runs()
  expect(runs).toContainEqual(expect.objectContaining({ state: 'failed', code: 'csv.missing_column' }))
  expect(runs.find(({ scope }) => scope.endsWith('customers.csv'))!.counts).toMatchObject({
    records: 6_000,
    skipped: 1,
  })
})

test('a folder that is not there is no end of the hub; its files are read when it is', async () => {
  const w = await world()
  rmSync(w.path(''), { recursive: true })
  expect(await w.settle()).toEqual(NOTHING)
  w.drop('customers.csv', NAMES)
  expect((await w.settle()).imported).toEqual(['customers.csv'])
})

test('one process at a time takes files', async () => {
  const w = await world()
  w.drop('customers.csv', NAMES)
  const lease = { name: 'folder:csv', holder: 'other', now: w.clock.now(), ttlMs: 60_000 }
  await w.context.store.control.acquireLease(lease)
  expect(await w.settle()).toEqual(NOTHING)
  w.clock.advance(60_001)
  expect((await w.look()).imported).toEqual(['customers.csv'])
})

test('the folders of all connections are looked at until the hub stops', async () => {
  const w = await world()
  w.drop('customers.csv', NAMES)
  const stop = new AbortController()
  let imports = 0
  await watchFolders(w.context.engine.deps, {
    configFile: join(w.path('..'), 'tributary.yaml'),
    signal: stop.signal,
    onImport() {
      imports++
      stop.abort()
    },
  })
  expect([imports, w.files('done')]).toEqual([1, ['customers.csv']])
})

test('start imports what lies in the folder', { timeout: 60_000 }, async () => {
  const { folder } = workspace({
    'tributary.yaml': 'connections:\n  csv: { connector: csv, folder: inbox }\n',
    'inbox/customers.csv': NAMES,
  })
  const inbox = watch(join(folder, 'inbox'))
  const hub = startTributary(['start'], { PORT: '0' })
  for await (const { filename } of inbox) if (filename === 'done') break
  hub.stop('SIGTERM')
  expect(await hub.ended).toMatchObject({ code: 0, err: '' })
  expect(existsSync(join(folder, 'inbox/done/customers.csv'))).toBe(true)
  expect((await tributary('runs', 'csv')).out).toMatch(
    /csv\/customers customers\.csv +done +2 records: 2 new$/m,
  )
})
