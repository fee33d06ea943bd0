import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { tributary, workspace } from './support.ts'

const text = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')

test('docs/cli.md has a row for every command, with all of its options', async () => {
  workspace()
  const { out } = await tributary('--help')
  const commands = [...out.matchAll(/^ {2}([a-z]+) (?=[[<\s])/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help')
  expect(commands.length).toBeGreaterThan(8)
  const rows = [...text.matchAll(/^\| `([a-z]+)(?: [[<][^`]+)?` +\|(.*)$/gm)]
  for (const name of commands) {
    const row = rows.find(([, documented]) => documented === name)
    expect(row, name).toBeDefined()
    const help = await tributary(name, '--help')
    expect(help.code).toBe(0)
    for (const [, option] of help.out.matchAll(/^ {2}(--[a-z-]+)/gm))
      expect(row![2], name).toContain(`\`${option}\``)
  }
})

test('the exit codes are told by --help and documented', async () => {
  workspace()
  const { out } = await tributary('--help')
  const told = [.../^Exit codes: (.*)$/m.exec(out)![1]!.matchAll(/\d/g)].map(([code]) => code)
  expect(told).toEqual(['0', '1', '2', '3'])
  for (const code of told) expect(text).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'))
})
