import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startCrm } from './crm.ts'
import { tributary, workspace } from './support.ts'

const page = readFileSync(new URL('../../docs/walk-through.md', import.meta.url), 'utf8')
const block = (language: string) =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page)![1]!

test('the walk-through of the documents: each of its commands does what the page says', {
  timeout: 60_000,
}, async () => {
  const { salesforce, config } = await startCrm()
  const { write } = workspace({
    'tributary.yaml': `${config()}\nmappings: ./mappings\n`,
    'mappings/contact.yaml': block('yaml'),
  })
  const contact = () => salesforce.records('Contact')[0]!
  const said: string[] = []
  const last = (pattern: RegExp) => [...said.join('\n').matchAll(pattern)].at(-1)![0]

  /** What each command must have brought about, in the order of the page. */
  const steps: [command: RegExp, check: (out: string) => void][] = [
    [/^import/, (out) => expect(out).toContain('1 new or changed')],
    [/^plan --out/, (out) => expect([out, contact()]).toEqual([expect.stringMatching(/^create/), undefined])],
    [/^apply plan/, () => expect(contact()).toMatchObject({ LastName: 'Lovelace', Title: 'CTO' })],
    [/^import/, () => {}],
    [
      /^plan$/,
      (out) => {
        expect(out).toMatch(/LastName: "Lovelace" → "Lovelace-King"/)
        expect(out).toMatch(/Title: held at "Chief of Engines", not "CEO": edited in the CRM.*we wrote "CTO"/)
      },
    ],
    [
      /^apply$/,
      () => expect(contact()).toMatchObject({ LastName: 'Lovelace-King', Title: 'Chief of Engines' }),
    ],
    [/^quarantine$/, (out) => expect(out).toContain('Title: CRM Chief of Engines, ours CEO')],
    [
      /^why/,
      (out) => {
        expect(out).toMatch(/"Lovelace" → "Lovelace-King" \(if_owned\)/)
        expect(out).toContain('mappings/contact.yaml:8')
        expect(out).toContain('record csv/customers/email:ada@example.com')
      },
    ],
    [/^undo .* --dry-run/, () => expect(contact()).toMatchObject({ LastName: 'Lovelace-King' })],
    [/^undo/, () => expect(contact()).toMatchObject({ LastName: 'Lovelace', Title: 'Chief of Engines' })],
    [/^plan$/, (out) => expect(out).toContain('Nothing to write')],
    [/^quarantine accept/, () => {}],
    [/^apply$/, () => expect(contact()).toMatchObject({ LastName: 'Lovelace', Title: 'CEO' })],
    [/^audit/, () => {}],
  ]

  for (const line of block('sh').trim().split('\n')) {
    const row = /^# customers\.csv: (.+)$/.exec(line)?.[1]
    if (row) write('customers.csv', `Email,Last name,Title\n${row}\n`)
    else if (line.startsWith('# In Salesforce'))
      salesforce.edit('Contact', String(contact().Id), { Title: /"(.+)"/.exec(line)![1] })
    else {
      const command = line
        .replace(/#.*/, '')
        .replace(/^npx tributary/, '')
        .replace('003…', () => String(contact().Id))
        .replace('cf_…', () => last(/\bcf_\w+/g))
        .replace('run_…', () => last(/undo (run_[\w-]+)/g).slice('undo '.length))
        .trim()
      const { code, out, err } = await tributary(...command.split(/\s+/))
      said.push(out)
      const [pattern, check] = steps.shift()!
      expect(command).toMatch(pattern)
      expect(code, `${command}\n${out}${err}`).toBe(0)
      check(out)
    }
  }
  expect(steps).toEqual([])
})
