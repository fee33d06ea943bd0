import { expect, test } from 'vitest'
import { jsonLog, type LogLevel, redactor, silentLog, TransientError } from '#kit'

function log(level?: LogLevel) {
  const lines: string[] = []
  const made = jsonLog({
    write: (line) => lines.push(line),
    redact: redactor(['hunter22\n"x"']),
    now: () => Date.UTC(2026, 10, 22),
    ...(level ? { level } : {}),
  })
  return { ...made, lines, entries: () => lines.map((line) => JSON.parse(line)) }
}

test('an entry is one line of JSON with its time, level, message and fields', () => {
  const { info, lines } = log()
  info('pulled', { stream: 'invoices', n: 3, name: 'عائشہ\nsecond line' })
  expect(lines).toEqual([
    '{"at":"2026-11-22T00:00:00.000Z","level":"info","message":"pulled","stream":"invoices","n":3,"name":"عائشہ\\nsecond line"}',
  ])
})

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
  [undefined, ['info', 'warn', 'error']],
] as [LogLevel | undefined, string[]][])('at level %s, %j are written', (level, written) => {
  const made = log(level)
  for (const name of ['debug', 'info', 'warn', 'error'] as const) made[name]('x')
  expect(made.entries().map((entry) => entry.level)).toEqual(written)
})

test('a child adds its fields, also to its own children, and nothing to its parent', () => {
  const { child, info, entries } = log()
  const connection = child({ connection: 'stripe', run: 1 })
  connection.child({ run: 2 }).info('x', { page: 3 })
  connection.info('y')
  info('z')
  expect(entries()).toMatchObject([
    { connection: 'stripe', run: 2, page: 3 },
    { connection: 'stripe', run: 1 },
    {},
  ])
  expect(entries()[2]).not.toHaveProperty('connection')
})

test('secrets are masked by value and by the name of their field, however deep', () => {
  const { info, child, lines } = log()
  info('got hunter22\n"x"', { note: 'hunter22\n"x"', nested: { apiKey: 'abc', list: [{ password: 'abc' }] } })
  child({ authorization: 'abc' }).info('x', { n: 1 })
  expect(lines.join()).not.toMatch(/hunter22|abc/)
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: 'got [redacted]', note: '[redacted]' })
})

test('a field cannot pass itself off as the message, level or time', () => {
  const { info, entries } = log()
  info('real', { message: 'false', level: 'error', at: { record: 7 } })
  expect(entries()).toEqual([{ at: '2026-11-22T00:00:00.000Z', level: 'info', message: 'real' }])
})

test('errors, big integers and circles are written, not thrown', () => {
  const { warn, entries } = log()
  warn('a', {
    error: new TransientError('http.timeout', 'too slow'),
    bug: new TypeError('x is not a function'),
  })
  warn('b', { big: 2n ** 70n })
  const circle: Record<string, unknown> = {}
  circle.self = circle
  warn('c', { circle })
  expect(entries()).toMatchObject([
    {
      error: { code: 'http.timeout', message: 'too slow' },
      bug: { kind: 'bug', message: 'TypeError: x is not a function' },
    },
    { big: '1180591620717411303424' },
    { message: 'c', fields: 'could not be written' },
  ])
})

test('the silent log has silent children', () => {
  expect(silentLog.child({ a: 1 })).toBe(silentLog)
})
