import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openScratch } from '../../src/store/open-scratch.ts'

test('what was put is there by its key, the later text of two', async () => {
  const scratch = await openScratch(':memory:')
  await scratch.put([
    ['a', '1'],
    [7, 'seven'],
    ['7', 'text'],
  ])
  await scratch.put([['a', '"\\u0000 ok"']])
  expect(await scratch.get(['a', 7, 'b'])).toEqual(
    new Map<string | number, string>([
      ['a', '"\\u0000 ok"'],
      [7, 'seven'],
    ]),
  )
  await scratch.close()
})

test('a pile gives its texts in their order, page by page', async () => {
  const scratch = await openScratch(':memory:')
  await scratch.append([
    { pile: 'x', text: 'first' },
    { pile: 'y', text: 'other' },
    { pile: 'x', text: 'second' },
  ])
  await scratch.append([{ pile: 'x', text: 'third' }])
  const [first, second] = await scratch.pieces({ pile: 'x', after: 0, limit: 2 })
  expect([first!.text, second!.text]).toEqual(['first', 'second'])
  const rest = await scratch.pieces({ pile: 'x', after: second!.number, limit: 2 })
  expect(rest.map(({ text }) => text)).toEqual(['third'])
  await scratch.close()
})

test('nothing is left beside the database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-'))
  try {
    const scratch = await openScratch(`file:${join(folder, 'hub.db')}`)
    // More than its cache holds: it is really on disk.
    await scratch.put(Array.from({ length: 500 }, (_, n) => [n, 'x'.repeat(50_000)]))
    expect((await scratch.get([499])).get(499)).toHaveLength(50_000)
    await scratch.close()
    expect(readdirSync(folder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
