import { expect, test } from 'vitest'
import { startTributary, tributary, tributaryJson, workspace } from './support.ts'

test.each([
  ['an unknown command', ['stats'], /unknown command 'stats' \(Did you mean status\?\)/],
  ['an unknown option', ['check', '--onlin'], /unknown option '--onlin' \(Did you mean --online\?\)/],
  ['a missing argument', ['setup'], /missing required argument 'connection'/],
  ['a missing option', ['import', 'a.csv'], /required option '--as <kind>'/],
  ['an argument too many', ['status', 'now'], /too many arguments for 'status'/],
  [
    'an unknown kind',
    ['import', 'a.csv', '--as', 'costumers'],
    /--as costumers is unknown; did you mean "customers"\?/,
  ],
])('%s ends with 2 and says what was meant', async (_, args, message) => {
  workspace({ 'tributary.yaml': 'connections: {}' })
  const { code, out, err } = await tributary(...args)
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(message)
  expect(err).toContain('code: cli.usage')
  expect(err).toContain('tributary help <command>')
})

test('with --json a usage mistake is one document too', async () => {
  workspace()
  const { code, json, err } = await tributaryJson('stats')
  expect(code).toBe(2)
  expect(json).toEqual({ error: expect.objectContaining({ kind: 'config', code: 'cli.usage' }) })
  expect(err).toContain("unknown command 'stats'")
})

test('without a command the commands are listed, with 2; when asked for, with 0', async () => {
  workspace()
  const bare = await tributary()
  expect([bare.code, bare.out]).toEqual([2, ''])
  const asked = await tributary('--help')
  expect([asked.code, asked.err]).toEqual([0, ''])
  for (const { err: text } of [bare, { err: asked.out }])
    for (const name of ['start', 'demo', 'check', 'pull', 'import', 'plan', 'apply', 'setup', 'status'])
      expect(text).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
})

test.each([
  ['PORT', '80a', /PORT is "80a"; a port is a number up to 65535/],
  ['PORT', '70000', /PORT is "70000"/],
  ['LOG_LEVEL', 'wran', /LOG_LEVEL is "wran"; did you mean "warn"\?/],
])('%s=%s ends with 2', async (name, value, message) => {
  workspace({ 'tributary.yaml': 'connections: {}' })
  process.env[name] = value
  const { code, err } = await tributary('status')
  expect(code).toBe(2)
  expect(err).toMatch(message)
})

test('the executable ends with the exit code of the command and keeps stdout for results', async () => {
  workspace({ 'tributary.yaml': 'connections: { x: { connector: strype } }' })
  const { code, out, err } = await startTributary(['pull', '--json']).ended
  expect(code).toBe(2)
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'config.unknown_connector' } })
  expect(err).toContain(
    'tributary.yaml:1:32 config.unknown_connector unknown connector "strype"; did you mean "stripe"?',
  )
})
