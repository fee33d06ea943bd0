import fc from 'fast-check'
import { expect, test } from 'vitest'
import { absorb, type Current, contribution, ERROR, entity, facts, NOW, receipt, record } from './builders.ts'

export function describeIntake(current: Current): void {
  const pending = () => current().intake.pendingRecords({ limit: 100 })
  const commit = (records: ReturnType<typeof record>[], more = {}) =>
    current().intake.commitPage({ connection: 'stripe-eu', stream: 'customers', records, now: NOW, ...more })
  const settle = async () => absorb(current(), { records: await pending() })

  test('a receipt is stored once, however often and in whatever company it is delivered', async () => {
    const { intake } = current()
    expect(await intake.takeReceipts([receipt('r1'), receipt('r2')])).toBe(2)
    expect(await intake.takeReceipts([receipt('r2', { body: 'other' }), receipt('r3')])).toBe(1)
    const stored = await intake.nextReceipts({ limit: 10, now: NOW })
    expect(stored.map(({ id, body, attempts }) => ({ id, body, attempts }))).toEqual([
      { id: 'r1', body: '{"id":"r1"}', attempts: 0 },
      { id: 'r2', body: '{"id":"r2"}', attempts: 0 },
      { id: 'r3', body: '{"id":"r3"}', attempts: 0 },
    ])
    expect(stored[0]).toEqual({ ...receipt('r1'), attempts: 0 })
    expect(await intake.takeReceipts([])).toBe(0)
  })

  test('bodies in any script, with quotes, emoji and control characters, pass unchanged', async () => {
    const body = 'محمد علی — हिन्दी 中文 "quotes" \\ \t\u0001 👩‍🚀 \u202Eabc'
    await current().intake.takeReceipts([receipt('r1', { body, headers: { 'x-نام': 'ق' } })])
    const [stored] = await current().intake.nextReceipts({ limit: 1, now: NOW })
    expect(stored).toMatchObject({ body, headers: { 'x-نام': 'ق' } })
  })

  test('text of any kind passes unchanged', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((s) => s.replaceAll('\u0000', '\u0001'))
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { minLength: 1, maxLength: 8 }), async (texts) => {
        const { intake } = current()
        run++
        const records = texts.map((key) =>
          record(key, { body: `"${key}"`, connection: key, hash: `run ${run}` }),
        )
        await intake.commitPage({ connection: 'c', stream: 's', records, now: NOW })
        const stored = await pending()
        expect(new Set(stored.map((r) => r.key))).toEqual(new Set(texts))
        expect(stored.every((r) => r.body === `"${r.key}"` && r.connection === r.key)).toBe(true)
        await absorb(current(), { records: stored })
        expect(await pending()).toEqual([])
      }),
      { numRuns: 20 },
    )
  })

  test('characters that no database can hold are replaced, and nothing gets stuck on them', async () => {
    const odd = 'a\u0000b \ud800 \udc00c \\u0000 \\\\ud800 😀'
    const stored = 'a\ufffdb \ufffd \ufffdc \\u0000 \\\\ud800 😀'
    await commit([record(odd, { body: '"\\ud800"' })])
    expect(await pending()).toMatchObject([{ key: stored, body: '"\\ud800"' }])
    await absorb(current(), { records: [record(odd)] })
    expect(await pending()).toEqual([])
  })

  test('a commit beyond one parameter is still one commit', async () => {
    const body = 'x'.repeat(300_000)
    const ids = Array.from({ length: 8 }, (_, i) => `r${i}`)
    expect(await current().intake.takeReceipts(ids.map((id) => receipt(id, { body })))).toBe(ids.length)
  })

  test('long bodies are kept as short ones are', async () => {
    const { intake } = current()
    const fill = 'ق'.repeat(10_000)
    const bodies = {
      plain: `"${fill}"`,
      script: `محمد 中文 👩‍🚀 \u0001 ${fill}`,
      odd: `a\u0000b \ud800 ${fill}`,
    }
    const taken = Object.entries(bodies).map(([id, body]) => receipt(id, { body, headers: { 'x-نام': 'ق' } }))
    expect(await intake.takeReceipts([receipt('short'), ...taken])).toBe(4)
    expect(await intake.takeReceipts(taken)).toBe(0)
    const stored = new Map((await intake.nextReceipts({ limit: 9, now: NOW })).map((r) => [r.id, r]))
    expect(stored.get('plain')).toMatchObject({ body: bodies.plain, headers: { 'x-نام': 'ق' }, attempts: 0 })
    expect(stored.get('script')?.body).toBe(bodies.script)
    expect(stored.get('odd')?.body).toBe(`a\ufffdb \ufffd ${fill}`)
  })

  test('any number of receipts is one commit, of which the new ones count', async () => {
    const { intake } = current()
    const some = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => receipt(`r${from + i}`))
    expect(await intake.takeReceipts(some(0, 20))).toBe(20)
    expect(await intake.takeReceipts([...some(15, 45), ...some(40, 50)])).toBe(30)
    expect(await intake.nextReceipts({ limit: 99, now: NOW })).toHaveLength(50)
  })

  test('receipts are handed out until their bodies reach a size, at least one', async () => {
    const { intake } = current()
    const sized = (id: string, receivedAt: number, size: number) =>
      receipt(id, { receivedAt, body: 'ü'.repeat(size / 2) })
    await intake.takeReceipts([
      sized('c', NOW - 1, 10),
      sized('a', NOW - 3, 5_000),
      sized('b', NOW - 2, 6_000),
    ])
    const next = async (maxBytes: number) =>
      (await intake.nextReceipts({ limit: 9, now: NOW, maxBytes })).map((r) => r.id)
    expect(await next(1)).toEqual(['a'])
    expect(await next(5_000)).toEqual(['a'])
    expect(await next(5_001)).toEqual(['a', 'b'])
    expect(await next(11_001)).toEqual(['a', 'b', 'c'])
  })

  test('receipts come oldest first, delayed ones when their time has come', async () => {
    const { intake } = current()
    await intake.takeReceipts([
      receipt('late', { receivedAt: NOW - 1 }),
      receipt('early', { receivedAt: NOW - 5 }),
    ])
    await intake.finishReceipts({
      records: [],
      done: [],
      dead: [],
      retry: [{ id: 'early', notBefore: NOW + 10, error: ERROR }],
      now: NOW,
    })
    expect((await intake.nextReceipts({ limit: 5, now: NOW })).map((r) => r.id)).toEqual(['late'])
    const later = await intake.nextReceipts({ limit: 5, now: NOW + 10 })
    expect(later.map((r) => [r.id, r.attempts])).toEqual([
      ['late', 0],
      ['early', 1],
    ])
  })

  test('when a vendor answers again, whatever had waited for it is ready, but not what fails just now', async () => {
    const { intake } = current()
    const of = (id: string, connection?: string) => receipt(id, connection ? { connection } : {})
    const wait = { notBefore: NOW + 900, error: ERROR }
    await intake.takeReceipts([of('first'), of('waits'), of('other', 'hubspot'), of('fails')])
    const outcome = { records: [], done: [], dead: [], retry: [], now: NOW }
    const all = ['first', 'waits', 'other', 'fails']
    await intake.finishReceipts({ ...outcome, retry: all.map((id) => ({ id, ...wait })) })
    await intake.finishReceipts({
      ...outcome,
      done: ['first'],
      retry: [{ id: 'fails', ...wait }],
      back: ['stripe-eu'],
      now: NOW + 1,
    })
    expect((await intake.nextReceipts({ limit: 5, now: NOW + 1 })).map((r) => r.id)).toEqual(['waits'])
  })

  test('finishing receipts stores their records and settles each of them', async () => {
    const { intake, inspect } = current()
    await intake.takeReceipts([receipt('ok'), receipt('bad'), receipt('again')])
    const result = await intake.finishReceipts({
      records: [record('c1'), record('c2')],
      done: ['ok'],
      dead: [{ id: 'bad', error: ERROR }],
      retry: [{ id: 'again', notBefore: NOW + 1, error: ERROR }],
      now: NOW,
    })
    expect(result).toEqual({ changed: 2 })
    expect((await inspect.totals()).receipts).toEqual({ new: 1, done: 1, dead: 1 })
    expect((await inspect.deadLetters({ limit: 5 })).items).toEqual([
      { id: 'bad', stage: 'receipt', connection: 'stripe-eu', subject: 'bad', error: ERROR, at: NOW },
    ])
  })

  test('what is stored already is told apart, whatever its key', async () => {
    await commit([record('c1'), record('a"\u0001b ق')])
    const keys = [record('a"\u0001b ق'), record('c2'), record('c1'), record('c1', { stream: 'invoices' })]
    expect(await current().intake.areStored(keys)).toEqual([true, false, true, false])
    expect(await current().intake.areStored([])).toEqual([])
  })

  test('records may be absorbed by the commit that stores them; their neighbours are pending', async () => {
    const { intake, inspect, absorb: port } = current()
    await intake.takeReceipts([receipt('ok')])
    const result = await intake.finishReceipts({
      records: [record('fresh'), record('later'), record('bad')],
      absorbed: facts({
        records: [{ ...record('fresh'), isUpdate: false }],
        dead: [{ ...record('bad'), error: ERROR }],
        entities: [entity('per_a')],
        contributions: [contribution('fresh', { entity: 'per_a' })],
      }),
      done: ['ok'],
      dead: [],
      retry: [],
      now: NOW,
    })
    expect(result).toEqual({ changed: 3 })
    expect(await pending()).toMatchObject([{ key: 'later' }])
    expect((await inspect.totals()).records).toEqual({ total: 3, pending: 1, dead: 1 })
    expect((await inspect.deadLetters({ limit: 5 })).items).toMatchObject([{ stage: 'record', error: ERROR }])
    expect(await port.rootsOf(['per_a'])).toEqual([{ entity: 'per_a', root: 'per_a' }])
    await commit([record('fresh', { hash: 'v2', version: NOW + 1 })])
    expect(new Map((await pending()).map((r) => [r.key, r.isUpdate]))).toEqual(
      new Map([
        ['later', false],
        ['fresh', true],
      ]),
    )
  })

  test('a record that somebody else stores first keeps its newest body, which is absorbed once more', async () => {
    const { intake } = current()
    const finish = (at: string, more: object) => {
      const mine = record(at, { hash: 'mine', body: '"mine"', ...more })
      const absorbed = facts({ records: [{ ...mine, isUpdate: false }] })
      return intake.finishReceipts({ records: [mine], absorbed, done: [], dead: [], retry: [], now: NOW })
    }
    const theirs = { hash: 'theirs', body: '"theirs"' }
    await commit([record('newer', theirs), record('older', theirs), record('equal', { hash: 'mine' })])
    await finish('newer', { version: NOW - 1 })
    await finish('older', { version: NOW + 1 })
    await finish('equal', {})
    const stored = await pending()
    expect(stored.map(({ key, hash, isUpdate }) => [key, hash, isUpdate]).sort()).toEqual([
      ['equal', 'mine', true],
      ['newer', 'theirs', true],
      ['older', 'mine', true],
    ])
  })

  test('a body that was absorbed while a newer one came has had its say', async () => {
    await commit([record('c1')])
    const read = await pending()
    await commit([record('c1', { hash: 'v2', version: NOW + 1 })])
    await absorb(current(), { records: read })
    expect(await pending()).toMatchObject([{ hash: 'v2', isUpdate: true }])
  })

  test('only done receipts past the retention are forgotten, a bounded number at a time', async () => {
    const { intake, inspect } = current()
    await intake.takeReceipts(['a', 'b', 'c', 'new'].map((id) => receipt(id, { receivedAt: NOW - 100 })))
    await intake.takeReceipts([receipt('young')])
    await intake.finishReceipts({
      records: [],
      done: ['a', 'b', 'c', 'young'],
      dead: [],
      retry: [],
      now: NOW,
    })
    expect(await intake.forgetReceipts({ before: NOW - 50, limit: 2 })).toBe(2)
    expect(await intake.forgetReceipts({ before: NOW - 50, limit: 2 })).toBe(1)
    expect((await inspect.totals()).receipts).toEqual({ new: 1, done: 1, dead: 0 })
  })

  test('a page is stored with its cursor; the same page again changes nothing', async () => {
    const { intake } = current()
    expect(await commit([record('c1'), record('c2')], { cursor: { since: 5 } })).toEqual({
      changed: 2,
      created: 2,
      deleted: 0,
    })
    expect(await intake.readCursor('stripe-eu', 'customers')).toEqual({ since: 5 })
    await settle()
    expect(await commit([record('c1'), record('c2')], { cursor: { since: 6 } })).toEqual({
      changed: 0,
      created: 0,
      deleted: 0,
    })
    expect(await pending()).toEqual([])
    expect(await intake.readCursor('stripe-eu', 'customers')).toEqual({ since: 6 })
    await current().fullReads.begin({ connection: 'stripe-eu', stream: 'customers', now: NOW })
    expect(await intake.readCursor('stripe-eu', 'customers')).toBeUndefined()
  })

  test('a newer body makes the record pending again, an older one does not', async () => {
    await commit([record('c1', { hash: 'v2' })])
    expect(await pending()).toEqual([{ ...record('c1', { hash: 'v2' }), isDeleted: false, isUpdate: false }])
    await settle()
    expect(await commit([record('c1', { hash: 'v1', version: NOW - 1 })])).toMatchObject({ changed: 0 })
    expect(await commit([record('c1', { hash: 'v3', version: NOW + 1, body: '{"v":3}' })])).toMatchObject({
      changed: 1,
      created: 0,
    })
    expect(await pending()).toMatchObject([{ hash: 'v3', body: '{"v":3}', isUpdate: true }])
  })

  test('an unchanged body seen under a newer version guards against versions in between', async () => {
    await commit([record('c1', { hash: 'a', version: NOW })])
    expect(await commit([record('c1', { hash: 'a', version: NOW + 20 })])).toMatchObject({ changed: 0 })
    expect(await commit([record('c1', { hash: 'b', version: NOW + 10 })])).toMatchObject({ changed: 0 })
    expect(await pending()).toMatchObject([{ hash: 'a', version: NOW + 20 }])
  })

  test('of several forms in one commit the newest stands', async () => {
    const result = await commit([
      record('c1', { hash: 'new', version: NOW + 2 }),
      record('c1', { hash: 'old', version: NOW + 1 }),
    ])
    expect(result).toMatchObject({ changed: 1 })
    expect(await pending()).toMatchObject([{ hash: 'new' }])
  })

  test('a deletion is a change, and so is coming back with the same body', async () => {
    await commit([record('c1')])
    await settle()
    expect(await commit([record('c1', { isDeleted: true })])).toEqual({ changed: 1, created: 0, deleted: 1 })
    expect(await pending()).toMatchObject([{ key: 'c1', isDeleted: true, isUpdate: true }])
    await settle()
    expect(await commit([record('c1', { isDeleted: true })])).toMatchObject({ changed: 0 })
    expect(await commit([record('c1')])).toMatchObject({ changed: 1 })
    expect(await pending()).toMatchObject([{ key: 'c1', isDeleted: false }])
  })

  test('a record that is deleted while it is absorbed stays pending', async () => {
    await commit([record('c1')])
    const read = await pending()
    await commit([record('c1', { isDeleted: true })])
    await absorb(current(), { records: read })
    expect(await pending()).toMatchObject([{ key: 'c1', isDeleted: true }])
  })

  test('pending records come most urgent lane first, then in the order of their change', async () => {
    await commit([record('slow', { lane: 'backfill' })], { now: NOW - 10 })
    await commit([record('second')], { now: NOW + 1 })
    await commit([record('first')], { now: NOW })
    expect((await pending()).map((r) => r.key)).toEqual(['first', 'second', 'slow'])
    await commit([record('first', { hash: 'changed again' })], { now: NOW + 5 })
    expect((await pending()).map((r) => r.key)).toEqual(['first', 'second', 'slow'])
    await commit([record('slow', { hash: 'x', lane: 'lead' })], { now: NOW + 5 })
    expect((await pending()).map((r) => r.key)).toEqual(['slow', 'first', 'second'])
    expect(await current().intake.pendingRecords({ limit: 1 })).toHaveLength(1)
  })

  test('a changed body clears the error of a dead record', async () => {
    await commit([record('c1')])
    await absorb(current(), { dead: [{ ...record('c1'), error: ERROR }] })
    expect(await pending()).toEqual([])
    expect((await current().inspect.records({ limit: 5 })).items).toMatchObject([
      { state: 'dead', error: ERROR },
    ])
    await commit([record('c1', { hash: 'mended' })])
    const [mended] = (await current().inspect.records({ limit: 5 })).items
    expect(mended).toMatchObject({ state: 'pending', isUpdate: false })
    expect(mended).not.toHaveProperty('error')
  })
}
