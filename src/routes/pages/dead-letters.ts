import { html } from 'hono/html'
import type { DeadLetter, Page } from '../../engine/ports.ts'
import { dateTime, own, pager } from './format.ts'
import type { Markup } from './layout.ts'

const STAGES = [
  [undefined, 'All'],
  ['receipt', 'Receipts'],
  ['record', 'Records'],
  ['operation', 'Operations'],
] as const

export interface DeadLetterQuery {
  stage?: DeadLetter['stage']
  after?: string
}

/** What was set aside, why, and what to do about it. */
export function deadLetterPage({ items, next }: Page<DeadLetter>, query: DeadLetterQuery): Markup {
  return html`<h1>Dead letters</h1>
<nav class="pages" aria-label="Stage">${STAGES.map(
    ([stage, name]) =>
      html`<a href="/dead-letters${stage ? `?stage=${stage}` : ''}"${stage === query.stage ? html` aria-current="true"` : ''}>${name}</a>`,
  )}</nav>
<section class="card">
${items.length === 0 ? html`<p class="empty">Nothing was set aside.</p>` : table(items)}
${pager('/dead-letters', { ...query }, next, { first: 'First page', next: 'Next page' })}
</section>`
}

const table = (items: DeadLetter[]): Markup => html`<table class="stack">
<thead><tr><th>What</th><th>Reason</th></tr></thead>
<tbody>${items.map(
  ({ stage, connection, subject, error, at }) => html`<tr>
<td>${own(connection)} · ${own(subject)}<span class="place">${stage} · ${dateTime(at)}</span></td>
<td>${own(error.message)}<span class="place">${error.code}${error.vendorCode ? ` · ${error.vendorCode}` : ''}</span><span class="place">${error.fix}</span></td>
</tr>`,
)}</tbody></table>`
