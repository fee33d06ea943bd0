import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { openLibsql } from '../../src/store/libsql.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const WRITER = fileURLToPath(new URL('./kill-writer.ts', import.meta.url))

/** Kills the writer as soon as it has acknowledged `count` commits; more may be under way. */
async function killAfter(writer: ChildProcess, count: number): Promise<number[]> {
  const acknowledged: number[] = []
  for await (const line of createInterface({ input: writer.stdout! })) {
    acknowledged.push(Number(line))
    if (acknowledged.length === count) writer.kill('SIGKILL')
  }
  return acknowledged
}

test('a killed process loses nothing it acknowledged and leaves no half commit', async () => {
  const path = join(folder, 'killed.db')
  const acknowledged = new Set<number>()
  for (const count of [1, 4, 9]) {
    const writer = spawn(process.execPath, [WRITER, path, String(count * 1_000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exit = once(writer, 'exit')
    for (const commit of await killAfter(writer, count)) acknowledged.add(commit)
    await exit
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(14)

  const db = await openLibsql(path)
  const commits = await db.query<{ version: number; records: number; cursor: number | null }>(
    `SELECT r.version, count(*) AS records, (SELECT max(cursor ->> 'at') FROM cursors c WHERE c.stream = r.stream) AS cursor
     FROM records r GROUP BY r.version, r.stream`,
  )
  expect([...acknowledged].filter((commit) => !commits.some((c) => c.version === commit))).toEqual([])
  for (const commit of commits)
    expect(commit).toEqual({ version: commit.version, records: 800, cursor: commit.version })
  expect(await db.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  await db.close()
})
