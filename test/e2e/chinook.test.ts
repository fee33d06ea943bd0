import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHubspotSandbox } from '../../src/sandbox/hubspot/index.ts'
import { createSalesforceSandbox } from '../../src/sandbox/salesforce/index.ts'
import { type Listening, listen } from '../support/listen.ts'

const data = fileURLToPath(new URL('../../../shared/data/billing/', import.meta.url))
const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const hasData = existsSync(data)

const salesforce = createSalesforceSandbox()
const hubspot = createHubspotSandbox({
  tenSecondLimit: Number.POSITIVE_INFINITY,
  searchPerSecond: Number.POSITIVE_INFINITY,
})
const servers: Listening[] = []
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-chinook-'))
  servers.push(await listen(salesforce), await listen(hubspot))
  writeFileSync(
    join(folder, 'tributary.yaml'),
    `connections:
  salesforce: { connector: salesforce, baseUrl: ${servers[0]!.url}, clientId: sandbox-client, clientSecret: "\${SF_SECRET}" }
  hubspot: { connector: hubspot, baseUrl: ${servers[1]!.url}, accessToken: "\${HS_TOKEN}" }
`,
  )
})

afterAll(async () => {
  for (const server of servers) await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The simulators live in this process, so the command must not block it. */
async function tributary(...args: string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      SF_SECRET: 'sandbox-secret',
      HS_TOKEN: 'pat-sandbox-token',
      DATABASE_URL: `file:${join(folder, 'hub.db')}`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out }
}

/** The files have quoted cells but no quotes or newlines inside them. */
function rowsOf(file: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(join(data, file), 'utf8').trim().split(/\r?\n/)
  const cells = (line: string) =>
    [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map((m) => m[1] ?? m[2] ?? '')
  const names = cells(header!.replace(/^\uFEFF/, ''))
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, i) => [names[i]!, cell])))
}

/** Sum of invoice totals per customer's e-mail, in cents, straight from the files. */
function expectedTotals(): Map<string, number> {
  const emails = new Map(rowsOf('chinook_customers.csv').map((row) => [row.CustomerId, row.Email!]))
  const totals = new Map<string, number>()
  for (const row of rowsOf('chinook_invoices.csv')) {
    const email = emails.get(row.CustomerId)!.toLowerCase()
    totals.set(email, (totals.get(email) ?? 0) + Math.round(Number(row.Total) * 100))
  }
  return totals
}

test.skipIf(!hasData)(
  'a music shop: 59 customers and 412 invoices end in both CRMs with the right totals, and once',
  { timeout: 120_000 },
  async () => {
    for (const crm of ['salesforce', 'hubspot'])
      expect((await tributary('setup', crm, '--apply')).code).toBe(0)
    expect((await tributary('import', join(data, 'chinook_customers.csv'), '--as', 'customers')).code).toBe(0)
    expect((await tributary('import', join(data, 'chinook_invoices.csv'), '--as', 'invoices')).code).toBe(0)
    expect((await tributary('apply')).code).toBe(0)

    const totals = expectedTotals()
    const inSalesforce = new Map(
      salesforce
        .records('Contact')
        .map((r) => [String(r.Email).toLowerCase(), Math.round(Number(r.Lifetime_Paid__c) * 100)]),
    )
    const inHubspot = new Map(
      hubspot
        .records('contacts')
        .map(({ properties: p }) => [
          p.email!.toLowerCase(),
          Math.round(Number(p.tributary_lifetime_paid) * 100),
        ]),
    )
    expect(totals.size).toBe(59)
    expect(inSalesforce).toEqual(totals)
    expect(inHubspot).toEqual(totals)
    expect(salesforce.records('Lead')).toEqual([])

    const before = { salesforce: salesforce.writes.items, hubspot: { ...hubspot.writes } }
    await tributary('import', join(data, 'chinook_invoices.csv'), '--as', 'invoices')
    await tributary('apply')
    expect({ salesforce: salesforce.writes.items, hubspot: { ...hubspot.writes } }).toEqual(before)
  },
)
