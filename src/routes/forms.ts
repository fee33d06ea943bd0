import { type Context, Hono } from 'hono'
import { ConfigError, RateLimitError, RecordError } from '#kit'
import type { NewReceipt } from '../engine/ports.ts'
import { checkOrigin } from './collect.ts'
import { envelope } from './collect-envelope.ts'
import { messagePage } from './message-page.ts'
import { problem } from './problem.ts'
import { receiptId } from './receipt-id.ts'
import { readBody } from './request-body.ts'

/** A form of a website connection. */
export interface Form {
  id: string
  connection: string
  title?: string | undefined
  /** Where the browser goes afterwards; a page of thanks where absent. */
  redirect?: string | undefined
  /** Name of a field that people cannot see: who fills it in is a program. */
  honeypot: string
  /** Submissions that are taken in a minute. */
  perMinute: number
  allowedOrigins?: readonly string[] | undefined
}

export interface FormDeps {
  form(id: string): Form | undefined
  /** Resolves when the receipt is durable. */
  receive(receipt: NewReceipt): Promise<void>
  now(): number
  ipHeader?: string
}

const FORM_LIMIT = 32 * 1024
const MINUTE_MS = 60_000
/** A second click, or a reload of the answer, says nothing new. */
const REPEAT_MS = 10 * MINUTE_MS
/** Filled in by the snippet, so that the visits before belong to whoever filled in the form. */
const VISITOR_FIELD = '_anonymous_id'

/** The forms of all website connections by id. @throws ConfigError config.invalid where two connections have the same */
export function indexForms(
  connections: Iterable<{ name: string; connector: { name: string }; config: Record<string, unknown> }>,
): FormDeps['form'] {
  const index = new Map<string, Form>()
  for (const { name, connector, config } of connections) {
    if (connector.name !== 'website') continue
    const { allowedOrigins } = config as { allowedOrigins?: string[] }
    for (const [id, form] of Object.entries(
      (config.forms ?? {}) as Record<string, Omit<Form, 'id' | 'connection'>>,
    )) {
      const other = index.get(id)
      if (other)
        throw new ConfigError(
          'config.invalid',
          `The form ${id} belongs to ${other.connection} and to ${name}; rename one`,
        )
      index.set(id, { ...form, id, connection: name, allowedOrigins })
    }
  }
  return (id) => index.get(id)
}

/**
 * Plain HTML forms without a script: `<form method="post" action="https://hub.example.com/f/contact">`. What was filled in
 * becomes a submitted form in Segment's protocol. Answers after the receipt is durable.
 */
export function formRoutes(deps: FormDeps): Hono {
  const minutes = new Map<string, { minute: number; count: number }>()
  const app = new Hono()
  app.options('/f/:form', () => new Response(null, { status: 204, headers: PREFLIGHT }))
  app.post('/f/:form', async (c) => {
    try {
      return await submit(c, deps, minutes)
    } catch (error) {
      return problem(error, { headers: CORS })
    }
  })
  return app
}

const CORS = { 'access-control-allow-origin': '*' }
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': 'content-type',
}

async function submit(
  c: Context,
  deps: FormDeps,
  minutes: Map<string, { minute: number; count: number }>,
): Promise<Response> {
  const form = deps.form(c.req.param('form') ?? '')
  if (!form) throw new RecordError('request.not_found', `There is no form ${c.req.param('form')}`)
  const { headers } = c.req.raw
  checkOrigin(headers.get('origin'), { name: form.connection, allowedOrigins: form.allowedOrigins })
  const bytes = await readBody(c.req.raw, FORM_LIMIT, 'The form')
  const fields = await readFields(bytes, headers.get('content-type') ?? '')
  const { [form.honeypot]: trap, [VISITOR_FIELD]: visitor, ...said } = fields
  // A program must not learn that it was seen.
  if (trap) return answer(c, form)
  countOrRefuse(form, deps.now(), minutes)
  const bucket = Math.floor(deps.now() / REPEAT_MS)
  const id = await receiptId(form.connection, `form:${form.id}:${bucket}`, bytes)
  await deps.receive({
    id,
    connection: form.connection,
    receivedAt: deps.now(),
    headers: {},
    body: envelope(JSON.stringify(eventOf(form, id, said, visitor, headers.get('referer'))), {
      ...deps,
      call: 'track',
      headers,
    }),
  })
  return answer(c, form)
}

type Fields = Record<string, string | string[]>

async function readFields(bytes: Uint8Array, type: string): Promise<Fields> {
  if (/^application\/json\b/i.test(type)) return readJson(bytes)
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) {
    throw new RecordError(
      'request.invalid',
      `A form is sent as ${type || 'nothing'}; forms send application/x-www-form-urlencoded or multipart/form-data`,
      {
        at: { header: 'content-type' },
      },
    )
  }
  let data: FormData
  try {
    data = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  } catch (cause) {
    throw new RecordError('request.invalid', 'The body is not the form that its content type says', { cause })
  }
  const fields: Fields = {}
  for (const name of new Set(data.keys())) {
    // Files are not kept: nobody would look at them here.
    const texts = data.getAll(name).filter((value) => typeof value === 'string')
    if (texts.length > 0) fields[name] = texts.length === 1 ? texts[0]! : texts
  }
  return fields
}

function readJson(bytes: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const entries = Object.entries(value).map(([name, said]) => [
        name,
        typeof said === 'number' ? String(said) : said,
      ])
      return Object.fromEntries(entries.filter(([, said]) => typeof said === 'string' || Array.isArray(said)))
    }
  } catch (cause) {
    throw new RecordError('request.malformed_json', 'The body is not JSON in UTF-8', { cause })
  }
  throw new RecordError('request.invalid', 'The body must be a JSON object of fields')
}

function countOrRefuse(
  form: Form,
  now: number,
  minutes: Map<string, { minute: number; count: number }>,
): void {
  const minute = Math.floor(now / MINUTE_MS)
  const held = minutes.get(form.id)
  const count = held?.minute === minute ? held.count + 1 : 1
  minutes.set(form.id, { minute, count })
  if (count <= form.perMinute) return
  throw new RateLimitError(
    'http.rate_limited',
    `The form ${form.id} takes ${form.perMinute} submissions a minute`,
    {
      retryAfterMs: MINUTE_MS - (now % MINUTE_MS),
    },
  )
}

function eventOf(
  form: Form,
  id: string,
  said: Fields,
  visitor: Fields[string] | undefined,
  page: string | null,
) {
  const url = page && URL.canParse(page) ? new URL(page) : undefined
  return {
    type: 'track',
    event: 'Form Submitted',
    messageId: `form-${id}`,
    anonymousId: typeof visitor === 'string' && visitor ? visitor : `form-${id}`,
    properties: { ...said, form_id: form.id, ...(form.title ? { form_name: form.title } : {}) },
    context: {
      library: { name: 'tributary.form', version: '1' },
      ...(url ? { page: { url: url.href, path: url.pathname, search: url.search }, ...campaignOf(url) } : {}),
    },
  }
}

function campaignOf({ searchParams }: URL): { campaign?: Record<string, string> } {
  const utm = [...searchParams].filter(([name]) => /^utm_./.test(name))
  if (utm.length === 0) return {}
  return {
    campaign: Object.fromEntries(
      utm.map(([name, value]) => [name === 'utm_campaign' ? 'name' : name.slice(4), value]),
    ),
  }
}

function answer(c: Context, { redirect, title }: Form): Response | Promise<Response> {
  const wantsJson = /\bjson\b/.test(c.req.header('accept') ?? '')
  if (wantsJson) return c.json({ success: true }, 200, CORS)
  if (redirect) return c.redirect(redirect, 303)
  const text = title ? `“${title}” was sent.` : 'Your message was sent.'
  return c.html(messagePage({ title: 'Thank you', text }))
}
