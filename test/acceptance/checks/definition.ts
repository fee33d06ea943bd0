import { expect } from 'vitest'
import * as z from 'zod'
import { secretFields } from '#kit'
import type { Check, Subject } from '../subject.ts'

const MAX_FILES = 4
const MAX_LINES = 280

const SECRET =
  /(secret|token|password|passphrase|privatekey|apikey|writekey|webhookkey|signingkey|credentials)$/i

/** Shapes of credentials that vendors really issue. */
const REAL_SECRETS = [
  /\b[rs]k_live_[A-Za-z0-9]{16,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bAIza[\w-]{35}\b/,
  /\bxox[abprs]-[\w-]{20,}/,
  /\bSG\.[\w-]{22}\.[\w-]{43}\b/,
  /\bpat-(?:na|eu)\d-[0-9a-f-]{36}\b/,
  /\bgh[pousr]_\w{36}\b/,
]

/** Names that nobody owns (RFC 2606), and the vendors' own addresses that are ids rather than people. */
const INVENTED =
  /(^|\.)(example|test|invalid|localhost|example\.(com|org|net)|(?:mail\.|calendar\.|group\.|resource\.)+(?:gmail|google)\.com|gserviceaccount\.com)$/i

export function definitionChecks(subject: Subject): Check[] {
  const { connector, readme, code, fixtures } = subject
  const check = (name: string, run: () => void): Check => ({ name, title: name, run: async () => run() })
  return [
    check('is named like its folder', () => {
      expect(connector.name).toBe(subject.folder)
      expect(connector.name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
      expect(connector.title.trim()).not.toBe('')
      expect(connector.baseUrl).toMatch(/^(https:\/\/[^?#]+[^/?#]|about:[a-z-]+)$/)
    }),
    check('explains itself in its README', () => {
      expect(readme, 'README.md is missing').toBeDefined()
      const headings = readme!.match(/^##? .+$/gm) ?? []
      expect(headings[0], 'begins with its title').toMatch(/^# \S/)
      expect(headings, 'has a heading about credentials and scopes').toContainEqual(
        expect.stringMatching(/^## Auth/),
      )
      expect(headings, 'has a heading about quirks').toContainEqual(expect.stringMatching(/^## Quirks/))
      if (connector.streams)
        expect(headings, 'says what records become').toContainEqual(
          expect.stringMatching(/^## What becomes what/),
        )
    }),
    check('describes its configuration and marks its secrets', () => {
      expect(() => z.toJSONSchema(connector.config, { io: 'input', unrepresentable: 'any' })).not.toThrow()
      const { auth } = connector
      const used = auth.type === 'bearer' ? [auth.token] : auth.type === 'header' ? [auth.value] : []
      const password = auth.type === 'basic' ? [auth.password ?? auth.username] : []
      const fields = Object.entries(connector.config.shape)
      for (const [field, schema] of fields)
        expect(descriptionOf(schema), `config.${field} has no .describe()`).toBeTruthy()
      const secrets = secretFields(connector.config)
      const mustBe = fields.map(([field]) => field).filter((field) => SECRET.test(field))
      for (const field of [...mustBe, ...used, ...password])
        expect(secrets, `config.${field} is a secret: mark it with secret()`).toContain(field)
    }),
    check('takes its fixtures’ configuration', () => {
      const parsed = connector.config.strict().safeParse(fixtures.connection.config)
      expect(parsed.success ? '' : z.prettifyError(parsed.error)).toBe('')
    }),
    check('keeps to the budget of the recipe', () => keepToBudget(subject, code)),
    check('has fixtures for what it defines, and no others', () => {
      const streams = Object.keys(connector.streams ?? {})
      expect(Object.keys(fixtures.streams).sort(), 'one file per stream').toEqual(streams.toSorted())
      expect(Object.keys(fixtures.expected).sort(), 'one expectation per stream').toEqual(streams.toSorted())
      expect(!!fixtures.webhooks, 'webhooks.json').toBe(!!connector.webhook)
      expect(!!fixtures.enricher, 'enricher.json').toBe(!!connector.enricher)
      expect(!!fixtures.destination, 'destination.json').toBe(!!connector.destination)
    }),
    check('invents its people and secrets', () => {
      const text = JSON.stringify(fixtures)
      for (const pattern of REAL_SECRETS) expect(text).not.toMatch(pattern)
      const domains = [...text.matchAll(/[\w.+-]+@([\w-]+(?:\.[\w-]+)*\.[a-z]{2,})\b/gi)].map(([, d]) => d!)
      expect([...new Set(domains)].filter((domain) => !INVENTED.test(domain))).toEqual([])
    }),
  ]
}

type Wrapper = z.ZodType & { def: { innerType?: Wrapper } }

function descriptionOf(schema: unknown): string | undefined {
  const { description, def } = schema as Wrapper
  return description ?? (def.innerType ? descriptionOf(def.innerType) : undefined)
}

/** The record "Beyond the recipe's budget" lists who may be larger, one line each: "- `name`: why". */
function keepToBudget({ folder, decisions }: Subject, code: Record<string, string>): void {
  const files = Object.keys(code).length
  const lines = Object.values(code).reduce((n, text) => n + text.split('\n').length - 1, 0)
  const section = /^## \d+\. Beyond the recipe's budget\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(decisions)?.[1]
  const reason = new RegExp(`^- \`${folder}\`: (.{20,})$`, 'm').exec(section ?? '')?.[1]
  if (files > MAX_FILES || lines > MAX_LINES) {
    const size = `${files} code files with ${lines} lines; the recipe has ${MAX_FILES} and ${MAX_LINES}`
    const fix = `make it smaller, or say why not in docs/decisions.md, "Beyond the recipe's budget": "- \`${folder}\`: why"`
    expect(reason, `${size}: ${fix}`).toBeDefined()
  } else {
    expect(reason, 'it is within the budget: its line in docs/decisions.md is out of date').toBeUndefined()
  }
}
