import { html } from 'hono/html'
import type { Page, TouchpointRow } from '../../engine/ports.ts'
import { address, amountOf, clockTime, day, own, pager, tag } from './format.ts'
import type { Markup } from './layout.ts'

/** Touchpoints newest first, under a heading per UTC day. */
export function timeline(
  { items, next }: Page<TouchpointRow>,
  path: string,
  after: string | undefined,
): Markup {
  const days = [...Map.groupBy(items, (touchpoint) => day(touchpoint.occurredAt))]
  return html`<section class="card"><h2>Timeline</h2>
${items.length === 0 ? html`<p class="empty">Nothing has happened yet.</p>` : ''}
${days.map(([date, touchpoints]) => html`<h3>${date}</h3><ol class="timeline">${touchpoints.map(entry)}</ol>`)}
${pager(path, { after }, next, { first: 'Newest', next: 'Older' })}
</section>`
}

function entry(touchpoint: TouchpointRow): Markup {
  const { kind, channel, direction, title, amount, currency, isMachine } = touchpoint
  return html`<li class="${isMachine ? 'machine' : ''}">
${clockTime(touchpoint.occurredAt)}
<div class="what">${title ? own(title) : inWords(kind)} ${amount !== undefined && currency !== undefined ? amountOf(amount, currency) : ''}
<span class="place">${kind} · ${channel}${direction === 'outbound' ? ' · by us' : ''} ${isMachine ? tag('machine') : ''}</span>
${origin(touchpoint)}</div>
</li>`
}

function origin({ url, referrer, campaign }: TouchpointRow): Markup {
  const utm = Object.values(campaign ?? {}).join(' / ')
  return html`${url ? html`<span class="place">${address(url)}</span>` : ''}
${referrer ? html`<span class="place">from ${address(referrer)}</span>` : ''}
${utm ? html`<span class="place">campaign ${own(utm)}</span>` : ''}`
}

/** `call.completed` as a person says it, where the source gave no title. */
const inWords = (kind: string): string => {
  const words = kind.replace(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
