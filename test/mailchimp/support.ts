import type { ConnectorContext, Cursor } from '#kit'
import { Contribution } from '#model'
import mailchimp from '../../connectors/mailchimp/index.ts'
import {
  createMailchimpSandbox,
  type MailchimpCampaign,
  type MailchimpMember,
} from '../../src/sandbox/mailchimp/index.ts'
import { sandboxFetch } from '../../src/sandbox/sandbox.ts'
import { clockOf, connectorContext } from '../support/connector-context.ts'

export const NOW = Date.parse('2026-03-02T12:00:00Z')
export const MINUTE = 60_000
export const DAY = 86_400_000
export const LIST = 'a6b5da1054'
const KEY = '0123456789abcdef-us21'

export const parsed = (config: Record<string, unknown> = {}) =>
  mailchimp.config.parse({ apiKey: KEY, signingSecret: 'signing-secret', ...config }) as never

/** The simulator and the context of a connection that finds it by the end of its key. */
export function connect(config: Record<string, unknown> = {}) {
  const at = { now: NOW }
  const clock = clockOf(at)
  const sandbox = createMailchimpSandbox({ apiKey: KEY, signingSecret: 'signing-secret', now: clock.now })
  const all = parsed(config)
  const fetch = sandboxFetch([sandbox])
  const ctx = connectorContext<never>(mailchimp, { config: all, fetch, clock, connection: 'news' })
  return { sandbox, ctx, at }
}

type Stream = NonNullable<typeof mailchimp.streams>[string]
export const { members, events } = mailchimp.streams as Record<'members' | 'events', Stream>

/** Keys of all records, in order, and the cursor after them. */
export async function pull(
  stream: Stream,
  ctx: ConnectorContext<never>,
  cursor?: Cursor,
  between?: (page: number) => void,
) {
  const keys: string[] = []
  let last = cursor
  let number = 0
  for await (const page of stream.pull!.read(ctx, cursor)) {
    keys.push(...page.records.map((record) => stream.key(stream.record.parse(record))))
    last = JSON.parse(JSON.stringify(page.cursor))
    between?.(++number)
  }
  return { keys, cursor: last! }
}

export const member = (n: number, more: Partial<MailchimpMember> = {}): MailchimpMember => ({
  list: LIST,
  address: `m${n}@buyer.example`,
  changed: NOW - n * MINUTE,
  joined: NOW - n * MINUTE,
  ...more,
})

export const campaign = (id: string, more: Partial<MailchimpCampaign> = {}): MailchimpCampaign => ({
  id,
  list: LIST,
  title: `Campaign ${id}`,
  subject: 'News',
  sent: NOW - DAY,
  recipients: [],
  ...more,
})

export const map = (stream: Stream, raw: unknown, config: Record<string, unknown> = {}): Contribution[] =>
  stream
    .map(stream.record.parse(raw), { connection: 'news', config: parsed(config) })
    .map((contribution) => Contribution.parse(contribution))
