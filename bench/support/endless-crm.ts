// A Salesforce with as many records as are asked for, made as they are read: it costs next to nothing, and forgets. Lists
// of records in the order of their ids are its own answers; all else (tokens, descriptions, users) is the simulator's.
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { randomNumbers } from '../../src/identity/match/random.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { answer } from './rpc.ts'
import { SALESFORCE_SECRET } from './settings.ts'
import { nameOf } from './strangers.ts'

const { records } = JSON.parse(process.argv[2] ?? '{}') as { records: number }

/** Of 20 records: 3 accounts with 5 contacts each, and 2 deals. */
const ACCOUNTS = Math.floor((records * 3) / 20)
const COUNTS: Record<string, number> = {
  Account: ACCOUNTS,
  Contact: ACCOUNTS * 5,
  Opportunity: Math.floor(records / 10),
  Lead: 0,
}
const PREFIX: Record<string, string> = { Account: '001', Contact: '003', Opportunity: '006', Lead: '00Q' }
const GIVEN = 3_000
const FAMILY = 60_000
/** Every so many contacts is somebody who is there already, spelt otherwise. */
const DUPLICATES = 50

const idOf = (object: string, n: number) => `${PREFIX[object]}Hu00000${String(n).padStart(8, '0')}AA`
const numberOf = (id: string) => Number(id.slice(10, 18))
const dayOf = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString()
const companyOf = (account: number) => `${nameOf(account, 3)}${account}`

type Fields = Record<string, string | number | boolean | null>

const MADE: Record<string, (n: number) => Fields> = {
  Account(n) {
    const random = randomNumbers(n + 1)
    return {
      Name: `${companyOf(n)} GmbH`,
      Phone: `+4930${10_000_000 + n}`,
      Website: random() < 0.05 ? null : `https://www.${companyOf(n)}.de`,
      Industry: 'Technology',
      Type: 'Customer - Direct',
      BillingStreet: `${nameOf(n % 9_000, 5)}strasse ${n % 90}`,
      BillingCity: nameOf(n % 4_000, 4),
      BillingPostalCode: String(10_000 + (n % 80_000)),
      BillingCountry: 'Germany',
      CreatedDate: dayOf(400),
      LastActivityDate: dayOf(random() < 0.1 ? 300 : 20).slice(0, 10),
    }
  },
  Contact(n) {
    const isAgain = n % DUPLICATES === DUPLICATES - 1
    const who = isAgain ? n - 1 : n
    const random = randomNumbers(who + 7)
    const first = nameOf(Math.floor(GIVEN * random() ** 3), 1)
    const last = nameOf(Math.floor(FAMILY * random() ** 3), 2)
    const account = Math.floor(who / 5)
    const national = `030 ${20_000_000 + who}`
    return {
      FirstName: capital(isAgain ? first.slice(0, -1) : first),
      LastName: random() < 0.02 ? last.toUpperCase() : capital(last),
      Email: random() < 0.05 ? null : `${first}.${last}@${companyOf(account)}.de`,
      Phone: random() < 0.2 ? national : national.replace('0', '+49 '),
      Title: 'Head of Purchasing',
      AccountId: idOf('Account', account),
      MailingStreet: `${nameOf(account % 9_000, 5)}strasse ${account % 90}`,
      MailingCity: nameOf(account % 4_000, 4),
      MailingPostalCode: String(10_000 + (account % 80_000)),
      MailingCountry: 'Germany',
      HasOptedOutOfEmail: false,
      CreatedDate: dayOf(300 + (n % 800)),
    }
  },
  Opportunity: (n) => ({
    Name: `Licence ${n % 7}`,
    AccountId: idOf('Account', n % Math.max(1, ACCOUNTS)),
    StageName: 'Prospecting',
    Amount: 1_000 + (n % 90),
    CloseDate: dayOf(-30).slice(0, 10),
    IsClosed: n % 3 === 0,
    IsWon: n % 3 === 0,
    NextStep: 'Call',
    CreatedDate: dayOf(60),
    LastActivityDate: dayOf(5).slice(0, 10),
    LastStageChangeDate: dayOf(n % 50),
  }),
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)

const salesforce = createSalesforceSandbox({ clientSecret: SALESFORCE_SECRET, dailyLimit: 100_000_000 })
const owner = salesforce.edit('User', undefined, {
  Username: 'rita@bench.example',
  Email: 'rita@bench.example',
  FirstName: 'Rita',
  LastName: 'Rep',
  IsActive: true,
})
let queries = 0

function listOf(soql: string): unknown[] | undefined {
  const list = /^SELECT (.+) FROM (\w+).* ORDER BY Id LIMIT (\d+)$/.exec(soql)
  if (!list) return soql.includes('FROM OpportunityContactRole') ? [] : undefined
  const [, columns, object, limit] = list as unknown as [string, string, string, string]
  const after = /Id > '(\w+)'/.exec(soql)?.[1]
  const names = columns.split(', ')
  const from = after === undefined ? 0 : numberOf(after) + 1
  const until = Math.min(from + Number(limit), COUNTS[object] ?? 0)
  return Array.from({ length: Math.max(0, until - from) }, (_, i) => {
    const made = { ...MADE[object]!(from + i), Id: idOf(object, from + i), OwnerId: owner } as Fields
    return Object.fromEntries(names.map((name) => [name, made[name] ?? null]))
  })
}

const server = serve({
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    const list = pathname.endsWith('/query') ? listOf(searchParams.get('q') ?? '') : undefined
    if (!list) return salesforce.fetch(request)
    queries++
    return Response.json({ totalSize: list.length, done: true, records: list })
  },
  hostname: '127.0.0.1',
  port: 0,
})

const handlers = {
  url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  /** Records of the lists, all together, and the calls that read them. */
  held: () => ({ records: Object.values(COUNTS).reduce((sum, count) => sum + count, 0), queries }),
}
export type EndlessCrm = typeof handlers
answer(handlers)
