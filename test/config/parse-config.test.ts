import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { ConfigError, defineConnector, type Enricher, incremental, secret } from '#kit'
import { configError, formatProblem, parseConfig } from '../../src/config/index.ts'

const enricher: Enricher<unknown> = {
  method: 'inferred',
  answers: () => true,
  cacheKey: () => 'k',
  fields: {},
  keepDays: { hit: 1, miss: 1 },
  enrich: async () => ({ status: 'miss', cost: 0 }),
}

const stripe = defineConnector({
  name: 'stripe',
  title: 'Stripe',
  baseUrl: 'https://api.stripe.com',
  config: z.object({
    apiKey: secret(),
    webhookSecret: secret().optional(),
    pageSize: z.int().max(100).default(100),
    isTest: z.boolean().optional(),
  }),
  auth: { type: 'bearer', token: 'apiKey' },
  streams: {
    invoices: {
      record: z.looseObject({ id: z.string() }),
      key: (record) => record.id,
      lane: 'billing',
      pull: incremental({ lag: '1h', page: async () => ({ records: [] }) }),
      map: () => [],
    },
  },
})
const inference = defineConnector({
  name: 'inference',
  title: 'Inference',
  baseUrl: 'https://example.invalid',
  config: z.object({}),
  auth: { type: 'none' },
  enricher,
})
const connectors = [stripe, inference]
const ENV = { STRIPE_KEY: 'sk_live_1234567890', HOOK_SECRET: 'whsec_abcdef', REGION: 'eu' }

const parse = (text: string, env: Record<string, unknown> = ENV) =>
  parseConfig({ file: 'tributary.yaml', text, env, connectors })
const lines = (text: string, env?: Record<string, unknown>) => parse(text, env).problems.map(formatProblem)

const FULL = `connections:
  stripe-eu:
    connector: stripe
    apiKey: \${STRIPE_KEY}
    webhookSecret: "\${HOOK_SECRET}"
    baseUrl: https://\${REGION}.example.com
    every: 15m
    limits: { concurrency: 2, intervalCap: 20, intervalMs: 1000 }
    publicUrl: https://hub.example.com/hooks/stripe-eu
  guess: { connector: inference }
mappings: ./mappings
lanes: { lead: 2s }
`
test('a full configuration becomes connections, deadlines in milliseconds and the secrets to mask', () => {
  const { config, problems } = parse(FULL)
  expect(problems).toEqual([])
  expect(config).toMatchObject({
    connections: [
      {
        name: 'stripe-eu',
        connector: stripe,
        config: { apiKey: ENV.STRIPE_KEY, webhookSecret: ENV.HOOK_SECRET, pageSize: 100 },
        baseUrl: 'https://eu.example.com',
        everyMs: 900_000,
        limits: { concurrency: 2, intervalCap: 20, intervalMs: 1000 },
        publicUrl: 'https://hub.example.com/hooks/stripe-eu',
      },
      { name: 'guess', connector: inference, config: {}, baseUrl: 'https://example.invalid' },
    ],
    mappingsDir: './mappings',
    lanes: { lead: 2000, billing: 10_000, touchpoint: 60_000, backfill: 60_000 },
    enrich: { order: ['guess'], graceMs: 2000 },
    retention: { receiptsDays: 30 },
    thresholds: {},
  })
  expect(config?.secrets.toSorted()).toEqual([ENV.STRIPE_KEY, ENV.HOOK_SECRET].toSorted())
  expect(config?.connections[1]).not.toHaveProperty('everyMs')
})

test('a reference works unquoted inside a flow map, and places after it stay true', () => {
  const text = `connections: { s: { connector: stripe, apiKey: \${STRIPE_KEY}, apikee: x } }\n`
  expect(lines(text)).toEqual([
    'tributary.yaml:1:63 config.unknown_key unknown key "apikee" in connections.s; did you mean "apiKey"?',
  ])
})

test('deletes of a connection and the days that runs are kept', () => {
  const connection = (deletes: string) =>
    `connections: { a: { connector: stripe, apiKey: "\${STRIPE_KEY}", deletes: ${deletes} } }`
  const { config } = parse(`${connection('{ maxPercent: 25, window: 7d }')}\nretention: { runsDays: 9 }`)
  expect(config?.connections[0]).toMatchObject({ deletes: { maxPercent: 25, windowMs: 7 * 86_400_000 } })
  expect(config?.connections[0]?.deletes).not.toHaveProperty('atLeast')
  expect(config?.retention).toEqual({ receiptsDays: 30, runsDays: 9 })
  expect(lines(connection('{ window: 40d }'))).toEqual([expect.stringContaining('expected 1h to 30d')])
  expect(lines(connection('{ maxPercent: 101 }'))).toHaveLength(1)
  expect(lines(connection('{ most: 3 }'))).toHaveLength(1)
})

test('an unknown key is refused at every level with the nearest known one', () => {
  const text = `conections: {}
connections:
  s:
    connector: stripe
    apiKey: \${STRIPE_KEY}
    limits: { concurency: 3 }
retention: { receiptDays: 3 }
`
  expect(lines(text)).toEqual([
    'tributary.yaml:1:1 config.unknown_key unknown key "conections"; did you mean "connections"?',
    'tributary.yaml:6:15 config.unknown_key unknown key "concurency" in connections.s.limits; did you mean "concurrency"?',
    'tributary.yaml:7:14 config.unknown_key unknown key "receiptDays" in retention; did you mean "receiptsDays"?',
  ])
})

test('a missing and an empty environment variable are named with their place', () => {
  const text = `connections:
  s:
    connector: stripe
    apiKey: \${STRIPE_KEYY}
    baseUrl: https://\${HOST_NAME}.example.com
`
  expect(lines(text, { HOST_NAME: '' }).filter((line) => line.includes('env_missing'))).toEqual([
    'tributary.yaml:4:13 config.env_missing the environment variable STRIPE_KEYY is not set',
    'tributary.yaml:5:14 config.env_missing the environment variable HOST_NAME is empty',
  ])
  expect(parse(text, {}).config).toBeUndefined()
})

test('a missing variable is the only problem of its value', () => {
  expect(lines(`connections: { s: { connector: stripe, apiKey: \${NOPE} } }`, {})).toHaveLength(1)
})

test('a secret in the file is refused without repeating it', () => {
  const text = `connections:
  stripe-eu: { connector: stripe, apiKey: sk_live_leaked, hookSecret: 0123456789abcdef }
`
  const problems = lines(text)
  expect(problems).toEqual([
    `tributary.yaml:2:43 config.secret_inline apiKey is a secret: refer to an environment variable, for example \${STRIPE_EU_API_KEY}`,
    `tributary.yaml:2:71 config.secret_inline hookSecret is a secret: refer to an environment variable, for example \${STRIPE_EU_HOOK_SECRET}`,
  ])
  expect(problems.join()).not.toContain('leaked')
})

test(`$\${NAME} stays as \${NAME}`, () => {
  const { config } = parse(
    `connections: { s: { connector: stripe, apiKey: \${STRIPE_KEY} } }\nmappings: a/$\${X}/b\n`,
  )
  expect(config?.mappingsDir).toBe(`a/\${X}/b`)
})

test(`what is not a variable name inside \${…} is explained`, () => {
  expect(lines(`connections: { s: { connector: stripe, apiKey: "\${STRIPE_KEY:-none}" } }`)).toContainEqual(
    expect.stringContaining(
      `takes the name of one environment variable and nothing else (is it \${STRIPE_KEY}?)`,
    ),
  )
})

test('numbers and booleans may come from the environment', () => {
  const text = `connections: { s: { connector: stripe, apiKey: \${K}, pageSize: \${N}, isTest: \${B} } }`
  expect(parse(text, { K: '12345', N: '50', B: 'true' }).config?.connections[0]?.config).toEqual({
    apiKey: '12345',
    pageSize: 50,
    isTest: true,
  })
  expect(lines(text, { K: '12345', N: 'many', B: 'true' })).toEqual([
    'tributary.yaml:1:64 config.invalid connections.s.pageSize: invalid input: expected number, received string (the value comes from the environment)',
  ])
})

test('an unknown connector names the nearest, a missing one lists them', () => {
  expect(lines('connections: { a: { connector: strpe }, b: { every: 5m } }')).toEqual([
    'tributary.yaml:1:32 config.unknown_connector unknown connector "strpe"; did you mean "stripe"?',
    'tributary.yaml:1:41 config.invalid connections.b: connector is missing; known: inference, stripe',
  ])
})

test('the enrichment order holds known connections that can enrich, each once', () => {
  const text = `connections:
  pay: { connector: stripe, apiKey: \${STRIPE_KEY} }
  guess: { connector: inference }
enrich:
  order: [guess, gues, pay, guess]
`
  expect(lines(text)).toEqual([
    'tributary.yaml:5:18 config.unknown_connection unknown connection "gues"; did you mean "guess"?',
    'tributary.yaml:5:24 config.invalid the connection "pay" cannot enrich; known: guess',
    'tributary.yaml:5:29 config.invalid "guess" is listed twice',
  ])
})

test('every problem of a file is reported at once, in its order', () => {
  const text = `connections:
  s:
    connector: stripe
    every: soon
    limits: { intervalCap: 3 }
  g: { connector: inference, every: 5m }
lanes: { lead: 1 }
thresholds: { maxPercent: 140 }
`
  expect(lines(text)).toEqual([
    'tributary.yaml:2:3 config.invalid connections.s.apiKey: is missing (expected: string)',
    'tributary.yaml:4:12 config.invalid connections.s.every: expected a duration such as 90s, 15m, 1h or 3d',
    'tributary.yaml:5:5 config.invalid connections.s.limits: intervalCap and intervalMs belong together: so many requests per so many milliseconds',
    'tributary.yaml:6:30 config.invalid inference has nothing to pull; remove "every"',
    'tributary.yaml:7:16 config.invalid lanes.lead: expected a duration such as 90s, 15m, 1h or 3d',
    'tributary.yaml:8:27 config.invalid thresholds.maxPercent: too big: expected number to be <=100',
  ])
})

test.each([
  ['', 'tributary.yaml:1:1 config.invalid connections: is missing'],
  ['- a', 'tributary.yaml:1:1 config.invalid'],
  ['connections:', 'tributary.yaml:1:13 config.invalid connections: '],
  ['connections: { s: yes please }', 'tributary.yaml:1:19 config.invalid connections.s: '],
  [
    'connections: { "a b": { connector: inference } }',
    'tributary.yaml:1:16 config.invalid the name a b: expected letters',
  ],
  [
    'connections: {}\nconnections: {}',
    'tributary.yaml:2:1 config.invalid not valid YAML: Map keys must be unique',
  ],
  [
    'connections:\n\tx: 1',
    'tributary.yaml:2:1 config.invalid not valid YAML: Tabs are not allowed as indentation',
  ],
  ['connections: *nobody', 'tributary.yaml:1:14 config.invalid no anchor &nobody'],
  [
    'connections: { s: { connector: inference, baseUrl: "https://me:pw@example.com" } }',
    'tributary.yaml:1:52 config.invalid connections.s.baseUrl: user names and passwords',
  ],
])('%j is a problem with a place', (text, expected) => {
  expect(lines(text)[0]?.slice(0, expected.length)).toBe(expected)
})

test('a broken file never has its lines quoted', () => {
  expect(lines('connections:\n  s:\n    apiKey: `sk_live_secret\n  x').join()).not.toContain('sk_live')
})

test('a byte order mark and CRLF line ends are accepted', () => {
  expect(parse('\uFEFFconnections:\r\n  g:\r\n    connector: inference\r\n').problems).toEqual([])
})

test('anchors share settings between connections', () => {
  const text = `connections:
  a: { connector: stripe, apiKey: &key "\${STRIPE_KEY}" }
  b: { connector: stripe, apiKey: *key }
`
  expect(parse(text).config?.connections.map(({ config }) => config.apiKey)).toEqual([
    ENV.STRIPE_KEY,
    ENV.STRIPE_KEY,
  ])
})

test('problems become one ConfigError with the code and place of the first', () => {
  const { problems } = parse('connections: { a: { connector: strpe } }\nx: 1\n')
  const error = configError(problems)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error.code).toBe('config.unknown_connector')
  expect(error.details.at).toEqual({ file: 'tributary.yaml', line: 1, column: 32 })
  expect(error.message.split('\n')).toHaveLength(2)
})

test('any environment value reaches the connector unchanged, in any script and with any YAML character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
      const text = `connections: { s: { connector: stripe, apiKey: \${K} } }`
      expect(parse(text, { K: value }).config?.connections[0]?.config.apiKey).toBe(value)
    }),
  )
})

test('no text makes the loader throw or answer neither configuration nor problem', () => {
  const piece = fc.constantFrom(
    'connections',
    ':',
    ' ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    `\${`,
    '$',
    'stripe',
    'connector',
    '&a',
    '*a',
    '"',
    "'",
    '- ',
    '#',
    '|',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const { config, problems } = parse(pieces.join(''))
      expect(config === undefined).toBe(problems.length > 0)
      for (const { line, column } of problems) expect(Math.min(line, column)).toBeGreaterThanOrEqual(1)
    }),
  )
})
