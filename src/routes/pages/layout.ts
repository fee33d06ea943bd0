import type { Context, MiddlewareHandler } from 'hono'
import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

/** Markup whose inserted values are escaped by `html`. */
export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>

const SECTIONS = [
  ['/', 'Overview'],
  ['/people', 'People'],
  ['/accounts', 'Accounts'],
  ['/dead-letters', 'Dead letters'],
] as const

export interface PageOptions {
  title: string
  body: Markup
  /** Path of the section, marked in the navigation; no navigation where absent. */
  section?: (typeof SECTIONS)[number][0]
  /** Offers to leave; where an admin token is in use. */
  canLeave?: boolean
}

export function page({ title, body, section, canLeave = false }: PageOptions): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Tributary</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
</head>
<body>
${section ? navigation(section, canLeave) : ''}
<main>${body}</main>
</body>
</html>`
}

const navigation = (current: string, canLeave: boolean): Markup => html`<header><nav aria-label="Sections">
<strong>Tributary</strong>
${SECTIONS.map(([path, name]) => html`<a href="${path}"${path === current ? html` aria-current="page"` : ''}>${name}</a>`)}
${canLeave ? html`<form method="post" action="/logout"><button class="plain">Sign out</button></form>` : ''}
</nav></header>`

const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

/** Headers of every page: no script at all, no framing, nothing told to other sites. */
export const pageHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  c.res.headers.set('content-security-policy', POLICY)
  c.res.headers.set('x-content-type-options', 'nosniff')
  c.res.headers.set('x-frame-options', 'DENY')
  c.res.headers.set('referrer-policy', 'no-referrer')
  c.res.headers.set('cross-origin-opener-policy', 'same-origin')
  c.res.headers.set('cache-control', 'no-store')
}

/** A text file that tells nothing: style sheet and icon are open to everyone. */
export const asset = (c: Context, type: string, text: string): Response =>
  c.body(text, 200, {
    'content-type': type,
    'cache-control': 'public, max-age=300',
    'x-content-type-options': 'nosniff',
  })
