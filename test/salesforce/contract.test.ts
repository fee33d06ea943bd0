import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, expect, test } from 'vitest'
import { Contribution } from '#model'
import { parseCsv } from '../../connectors/salesforce/csv.ts'
import { standardObjects } from '../../src/sandbox/salesforce/objects.ts'
import {
  account,
  createWorld,
  DAY,
  type Fact,
  HOUR,
  person,
  START,
  touch,
  type World,
} from '../engine/support.ts'

const MAPPINGS = Object.fromEntries(
  readdirSync('mappings/salesforce')
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [`mappings/salesforce/${name}`, readFileSync(`mappings/salesforce/${name}`, 'utf8')]),
)

// ---------------------------------------------------------------- the two authorities

/** Standard objects as jsforce ships them: object → field → TypeScript type. */
const SHIPPED = new Map(
  [
    ...readFileSync(
      createRequire(import.meta.url).resolve('jsforce/lib/types/standard-schema.d.ts'),
      'utf8',
    ).matchAll(/type Fields\$(\w+) = \{([^}]*)\};/g),
  ].map(([, object = '', body = '']) => [
    object,
    new Map([...body.matchAll(/(\w+): ([^;]+);/g)].map(([, field = '', type = '']) => [field, type])),
  ]),
)

/** What a standard field's TypeScript type takes, in JSON. */
function fits(type: string, value: unknown): boolean {
  return type.split(' | ').some((part) => {
    if (part === 'null') return value === null
    if (part === 'number') return typeof value === 'number'
    if (part === 'boolean') return typeof value === 'boolean'
    return typeof value === 'string'
  })
}

interface Described {
  name: string
  type: string
  length: number
  nillable: boolean
  createable: boolean
  updateable: boolean
  externalId: boolean
  restrictedPicklist: boolean
  picklistValues: { value: string; active: boolean }[]
}

async function describeObject(w: World, object: string): Promise<Map<string, Described>> {
  const { data } = await w
    .door('salesforce')
    .request<{ fields: Described[] }>({ url: `/services/data/v64.0/sobjects/${object}/describe` })
  return new Map(data.fields.map((field) => [field.name, field]))
}

/** Why a value cannot be sent in a field, by what describe says. */
function refusalOf(field: Described, value: unknown): string | undefined {
  if (value === null) return field.nillable ? undefined : 'is not nillable'
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is not boolean'
    case 'int':
      return Number.isInteger(value) ? undefined : 'is not a whole number'
    case 'double':
    case 'currency':
    case 'percent':
      return typeof value === 'number' ? undefined : 'is not a number'
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? undefined : 'is not a day'
    case 'datetime':
      return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(String(value)) ? undefined : 'is not an instant'
    case 'reference':
    case 'id':
      return /^[0-9A-Za-z]{18}$/.test(String(value)) ? undefined : 'is not an 18-character id'
  }
  if (typeof value !== 'string') return 'is not text'
  if (value.length > field.length) return `is longer than ${field.length}`
  const known = field.picklistValues.map((option) => option.value)
  if (field.restrictedPicklist && !known.includes(value)) return 'is not in the restricted picklist'
  return undefined
}

// ---------------------------------------------------------------- everything that leaves

interface Outgoing {
  object: string
  isCreating: boolean
  /** Its values are cells of a file, all of them texts. */
  isFile: boolean
  fields: Record<string, unknown>
}

/** Records of all write calls to come; cells of bulk files as the JSON that they stand for. */
function capture(w: World): Outgoing[] {
  const { salesforce } = w.sandboxes
  const out: Outgoing[] = []
  const { fetch } = salesforce
  const jobs = new Map<string, { object: string; operation: string }>()
  salesforce.fetch = async (request) => {
    const path = new URL(request.url).pathname.replace(/^\/services\/data\/v[\d.]+\//, '')
    const text = request.method === 'GET' ? '' : await request.clone().text()
    if (/^composite\/sobjects/.test(path) && request.method === 'PATCH') {
      const body = JSON.parse(text)
      expect(body.records.length).toBeLessThanOrEqual(200)
      for (const { attributes, id, ...fields } of body.records)
        out.push({ object: attributes.type, isCreating: id === undefined, isFile: false, fields })
    }
    const [, job] = /^jobs\/ingest\/(\w+)\/batches$/.exec(path) ?? []
    if (job) {
      const { object, operation } = jobs.get(job)!
      const [header = [], ...rows] = [...parseCsv(text)]
      for (const row of rows) {
        const cells = header.flatMap((name, n) => (row[n] ? [[name, row[n] === '#N/A' ? null : row[n]]] : []))
        out.push({
          object,
          isCreating: operation === 'upsert',
          isFile: true,
          fields: Object.fromEntries(cells),
        })
      }
    }
    const response = await fetch(request)
    if (path === 'jobs/ingest' && request.method === 'POST')
      jobs.set((await response.clone().json()).id, JSON.parse(text))
    return response
  }
  return out
}

/** Cells are texts; as JSON where the field is none. */
const ofCell = (field: Described, value: unknown): unknown =>
  typeof value === 'string' && ['boolean', 'int', 'double', 'currency', 'percent'].includes(field.type)
    ? JSON.parse(value)
    : value

async function violations(w: World, sent: Outgoing[]): Promise<string[]> {
  const found = new Set<string>()
  const described = new Map<string, Map<string, Described>>()
  for (const { object, isCreating, isFile, fields } of sent) {
    if (!described.has(object)) described.set(object, await describeObject(w, object))
    const known = described.get(object)!
    for (const [name, raw] of Object.entries(fields)) {
      const field = known.get(name)
      const say = (what: string) => found.add(`${object}.${name} ${what}: ${JSON.stringify(raw)}`)
      if (!field) {
        say('is unknown')
        continue
      }
      if (name === 'Id') continue
      const value = isFile ? ofCell(field, raw) : raw
      if (isCreating ? !field.createable : !field.updateable) say('is not writable')
      const refusal = refusalOf(field, value)
      if (refusal) say(refusal)
      if (name.endsWith('__c')) continue
      const type = SHIPPED.get(object)!.get(name)
      if (type === undefined) say('is no standard field')
      else if (!fits(type, value)) say(`is not ${type}`)
    }
  }
  return [...found]
}

// ---------------------------------------------------------------- facts of all kinds

const N = 30
const document = (email: string, more: Record<string, unknown>) =>
  Contribution.parse({ type: 'document', person: [{ kind: 'email', value: email }], document: more })

function facts(round: number): Fact[] {
  const isSecond = round > 1
  return Array.from({ length: N }, (_, n) => {
    const email = `p${n}@acme-${n % 5}.com`
    const money = (amount: number) => ({ amount, currency: n % 2 === 0 ? 'EUR' : 'JPY' })
    const odd = ['O"Brien, née', 'محمد\nعلي', "D'Arc\\", 'x'.repeat(75), '#N/A', ' Trim ']
    return {
      key: `k${n}`,
      updated_at: START + round,
      says: [
        account(`acme-${n % 5}.com`, {
          name: `Acme ${odd[n % 4]}`,
          industry: 'Software',
          employees: 10 + n,
          country: 'DE',
        }),
        person(email, {
          first_name: odd[(n + 1) % odd.length],
          last_name: odd[n % odd.length],
          title: isSecond && n % 3 === 0 ? null : `Head of ${odd[(n + 2) % odd.length]}`,
          phone: n % 2 === 0 ? '+49 30 901820' : null,
          city: isSecond ? 'Berlin' : null,
          country: 'DE',
        }),
        touch(email, 'page.viewed', START - n * 1_000, {
          title: odd[n % odd.length],
          url: 'https://acme.example/p',
        }),
        touch(email, 'form.submitted', START - DAY, { title: 'Contact us' }),
        ...(n % 2 === 0
          ? [
              document(email, {
                type: 'invoice',
                key: `I${n}`,
                status: 'paid',
                currency: money(0).currency,
                issued_at: START - DAY,
                paid_at: START - DAY,
                total: money(4_200 + n),
                paid: money(4_200 + n),
                open: money(0),
              }),
            ]
          : []),
        document(email, {
          type: 'quote',
          key: `Q${n}`,
          number: `2026-${n}`,
          status: isSecond ? 'accepted' : 'sent',
          currency: money(0).currency,
          total: money(10_001 + n),
          created_at: START - DAY,
          sent_at: START - DAY / 2,
        }),
      ],
    }
  })
}

const seen = new Map<string, Set<string>>()

test.each([
  ['batches', ''],
  ['bulk jobs', 'bulkThreshold: 10'],
])(
  'every record that leaves in %s is one that describe and jsforce’s own schema allow',
  async (name, config) => {
    const w = await createWorld({ mappings: MAPPINGS, ...(config ? { with: { salesforce: config } } : {}) })
    const sent = capture(w)
    for (const round of [1, 2]) {
      await w.say(...facts(round))
      for (let step = 0; step < 12; step++) {
        await w.settle()
        w.clock.advance(HOUR)
      }
    }
    expect(await violations(w, sent)).toEqual([])
    const inFiles = sent.filter((one) => one.isFile).length / sent.length
    expect(name === 'batches' ? inFiles === 0 : inFiles > 0.5).toBe(true)
    expect(await w.operations('dead')).toEqual([])
    for (const { object, fields } of sent) {
      const names = seen.get(object) ?? new Set()
      seen.set(object, names)
      for (const field of Object.keys(fields)) names.add(field)
    }
  },
)

afterAll(() => {
  // A test of what leaves proves nothing about what never left.
  expect([...seen.keys()].sort()).toEqual(['Account', 'Contact', 'Lead', 'Opportunity', 'Task'])
})

test('the simulator’s standard fields have the types of the real ones', () => {
  const wrong: string[] = []
  let compared = 0
  for (const { name, fields } of standardObjects()) {
    const real = SHIPPED.get(name)
    for (const field of fields.values()) {
      // jsforce's schema is that of an org without some optional features.
      const type = real?.get(field.name)
      if (type === undefined) continue
      compared++
      const example =
        { boolean: true, int: 1, double: 1, currency: 1, percent: 1 }[field.type as 'int'] ?? 'text'
      if (!fits(type, example)) wrong.push(`${name}.${field.name} is ${type}, not ${field.type}`)
    }
  }
  expect(wrong).toEqual([])
  expect(compared).toBeGreaterThan(150)
})
