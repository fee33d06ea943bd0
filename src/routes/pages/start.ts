import { html } from 'hono/html'
import type { Totals } from '../../engine/ports.ts'
import { dateTime, number, own, tag, words } from './format.ts'
import type { Markup } from './layout.ts'

const tile = (value: number, name: string, path?: string): Markup =>
  html`<li><b>${number(value)}</b><span>${path ? html`<a href="${path}">${name}</a>` : name}</span></li>`

/** Totals: what came in, who is known, what waits, what was written. */
export function startPage(totals: Totals): Markup {
  const dead =
    totals.receipts.dead +
    totals.records.dead +
    totals.operations.reduce((n, o) => n + (o.state === 'dead' ? o.count : 0), 0)
  return html`<h1>Overview</h1>
<ul class="tiles">
${tile(totals.knownPeople, 'Known people', '/people')}
${tile(totals.knownAccounts, 'Known accounts', '/accounts')}
${tile(totals.touchpoints, 'Touchpoints')}
${Object.entries(totals.documents).map(([type, count]) => tile(count, `${words(type)}s`))}
${tile(totals.records.total, 'Source records')}
${tile(dead, 'Dead letters', '/dead-letters')}
</ul>
${holdsCard(totals)}
${deletionHoldsCard(totals)}
<div class="columns">
${operationsCard(totals)}
<div>${waitingCard(totals)}${usageCard(totals)}</div>
</div>`
}

function holdsCard({ holds }: Totals): Markup {
  if (holds.length === 0) return html``
  return html`<section class="card"><h2>Held</h2>
<p>Nothing is written to these objects until a person has looked: <code>tributary plan</code>, then <code>tributary apply --accept</code>.</p>
<table><tbody>${holds.map(({ destination, object, reason, at }) => html`<tr><td>${own(destination)}</td><td>${own(object)}</td><td>${own(reason)}</td><td>${dateTime(at)}</td></tr>`)}</tbody></table></section>
`
}

function deletionHoldsCard({ deletionHolds }: Totals): Markup {
  if (deletionHolds.length === 0) return html``
  return html`<section class="card"><h2>Deletions held</h2>
<p>So much was reported as deleted at once that a person has to look: <code>tributary holds show</code>, then <code>release</code> or <code>drop</code>.</p>
<table><tbody>${deletionHolds.map(({ connection, stream, count, reason, at }) => html`<tr><td>${own(connection)}</td><td>${own(stream)}</td><td class="number">${number(count)}</td><td>${own(reason)}</td><td>${dateTime(at)}</td></tr>`)}</tbody></table></section>
`
}

function operationsCard({ operations }: Totals): Markup {
  const rows = operations.map(
    ({
      destination,
      object,
      state,
      count,
      created,
    }) => html`<tr><td>${own(destination)}</td><td>${own(object)}</td><td>${tag(state)}</td>
<td class="number">${number(count)}</td><td class="number">${number(created)}</td></tr>`,
  )
  return html`<section class="card"><h2>CRM operations</h2>
${
  rows.length === 0
    ? html`<p class="empty">Nothing has been written yet.</p>`
    : html`<div class="scroll"><table><thead><tr><th>Destination</th><th>Object</th><th>State</th><th class="number">Operations</th><th class="number">Created</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}</section>`
}

function waitingCard({ receipts, records, dirty }: Totals): Markup {
  const stages = [
    { stage: 'receive', count: receipts.new },
    { stage: 'absorb', count: records.pending },
    ...dirty,
  ]
  const busy = stages.filter(({ count }) => count > 0)
  return html`<section class="card"><h2>Waiting</h2>
${
  busy.length === 0
    ? html`<p class="empty">Everything is up to date.</p>`
    : html`<table><tbody>${busy.map(({ stage, count }) => html`<tr><td>${words(stage)}</td><td class="number">${number(count)}</td></tr>`)}</tbody></table>`
}</section>`
}

function usageCard({ usage, enrichments }: Totals): Markup {
  if (usage.length === 0 && enrichments.length === 0) return html``
  return html`<section class="card"><h2>Calls to vendors</h2><table><tbody>
${usage.map(({ connection, calls, failures }) => html`<tr><td>${own(connection)}</td><td class="number">${number(calls)}${failures > 0 ? ` (${number(failures)} failed)` : ''}</td></tr>`)}
${enrichments.map(({ provider, status, count }) => html`<tr><td>${own(provider)} <span class="soft">${status}</span></td><td class="number">${number(count)}</td></tr>`)}
</tbody></table></section>`
}
