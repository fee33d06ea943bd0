import { html } from 'hono/html'
import { type Instant, majorText, money } from '#model'
import { isoOf } from '../api/present.ts'
import type { Markup } from './layout.ts'

const counted = new Intl.NumberFormat('en')
export const number = (value: number): string => counted.format(value)

/** Text of a source, in whatever direction it reads. */
export const own = (text: string, language?: unknown): Markup =>
  typeof language === 'string' && /^[a-z]{2,3}(-[a-z0-9]+)*$/i.test(language)
    ? html`<bdi dir="auto" lang="${language}">${text}</bdi>`
    : html`<bdi dir="auto">${text}</bdi>`

export const day = (at: Instant): string => isoOf(at).slice(0, 10)
export const dateTime = (at: Instant): Markup =>
  html`<time datetime="${isoOf(at)}">${isoOf(at).slice(0, 16).replace('T', ' ')} UTC</time>`
export const clockTime = (at: Instant): Markup =>
  html`<time datetime="${isoOf(at)}">${isoOf(at).slice(11, 16)}</time>`

export const amountOf = (amount: number, currency: string): Markup => {
  const value = money(amount, currency)
  return html`<span class="amount">${majorText(value)} ${value.currency}</span>`
}

/** A link for web addresses, plain text for everything else (a `javascript:` address of a source stays text). */
export function address(url: string): Markup {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
  return isWeb
    ? html`<a href="${url}" rel="noreferrer noopener nofollow"><bdi dir="auto">${url}</bdi></a>`
    : own(url)
}

/** Any stored value; null, empty and false are told apart. */
export function shown(value: unknown, language?: unknown): Markup {
  if (value === null) return html`<span class="soft">none</span>`
  if (value === '') return html`<span class="soft">empty</span>`
  if (typeof value === 'boolean') return html`${value ? 'yes' : 'no'}`
  if (typeof value === 'number') return html`${String(value)}`
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? address(value) : own(value, language)
  if (Array.isArray(value))
    return html`${value.map((item, i) => html`${i > 0 ? ', ' : ''}${shown(item, language)}`)}`
  if (typeof value === 'object') {
    return html`${Object.entries(value).map(([key, item], i) => html`${i > 0 ? html`<br>` : ''}<span class="soft">${words(key)}:</span> ${shown(item, language)}`)}`
  }
  return html`${String(value)}`
}

/** "first_name" → "First name". */
export function words(name: string): string {
  const text = name.replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const TONES: Record<string, string> = {
  done: 'good',
  customer: 'good',
  contact: 'good',
  sending: 'warn',
  held: 'warn',
  pending: 'warn',
  dead: 'bad',
  failed: 'bad',
}
export const tag = (text: string): Markup =>
  html`<span class="tag ${TONES[text] ?? ''}">${text.replaceAll('_', ' ')}</span>`

/** "connection/stream/key#slot" as a link to the record it names. */
export function sourceLink(reference: string): Markup {
  const match = /^([^/]+)\/([^/]+)\/(.+)#[^#]*$/.exec(reference)
  if (!match) return html`<span class="place">${own(reference)}</span>`
  const [, connection = '', stream = '', key = ''] = match
  const query = new URLSearchParams({ connection, stream, key })
  return html`<a class="place" href="/api/records?${query}">${own(`${connection} › ${stream} › ${key}`)}</a>`
}

/** Links below a list: cursors only lead forward. */
export function pager(
  path: string,
  query: Record<string, string | undefined>,
  next: string | undefined,
  names: { first: string; next: string },
): Markup {
  const link = (after: string | undefined, name: string) => {
    const given = Object.entries({ ...query, after }).filter((entry): entry is [string, string] =>
      Boolean(entry[1]),
    )
    const search = new URLSearchParams(given).toString()
    return html`<a href="${path}${search ? `?${search}` : ''}">${name}</a>`
  }
  if (!query.after && !next) return html``
  return html`<nav class="pages" aria-label="Pages">${query.after ? link(undefined, names.first) : ''}${next ? link(next, names.next) : ''}</nav>`
}
