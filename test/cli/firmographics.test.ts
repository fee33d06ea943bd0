import { expect, test } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { tributary, workspace } from './support.ts'

const FILE = `Website;Company name;Industry;Employee count;HQ city;Country
https://www.kestrel-works.de/;Kestrel Works;Machinery;1.200;Bremen;Germany
sparrow-works.de;Sparrow;Textiles;51-200;Lahore;Pakistan
;Nobody;;;;
`
const LEADS = 'Id,Name,Email\n1,Ada Lovelace,ada@kestrel-works.de\n2,Bob Baker,bob@unknown-works.de\n'

test('firmographics of a file fill what is missing of companies that are known otherwise, and make none', async () => {
  workspace({
    'tributary.yaml': `connections:
  csv: { connector: csv, firmographics: { confidence: 0.8, licence: ODC-By } }
`,
    'companies.csv': FILE,
    'leads.csv': LEADS,
  })
  expect((await tributary('import', 'companies.csv', '--as', 'firmographics')).code).toBe(1)
  expect((await tributary('import', 'leads.csv', '--as', 'contacts')).code).toBe(0)
  const store = await openStore('file:hub.db')
  const { items } = await store.inspect.records({ connection: 'csv', stream: 'account', limit: 10 })
  const answers = Object.fromEntries(items.map(({ key, body }) => [key, JSON.parse(body)]))
  expect(answers['kestrel-works.de'].answer.fields).toMatchObject({
    industry: { value: 'Machinery', confidence: 0.8, licence: 'ODC-By' },
    employees: { value: 1200 },
    country: { value: 'DE' },
  })
  expect(answers['unknown-works.de'].answer).toEqual({ status: 'miss', cost: 0 })
  expect((await store.inspect.totals()).accounts).toBe(2)
  await store.close()
})
