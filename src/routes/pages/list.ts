import { html } from 'hono/html'
import type { EntityKind, EntityRow, Page } from '../../engine/ports.ts'
import { displayName, readGolden } from '../golden.ts'
import { day, own, pager, tag } from './format.ts'
import type { Markup } from './layout.ts'

export const PATHS: Record<EntityKind, '/people' | '/accounts'> = { person: '/people', account: '/accounts' }
const TITLES: Record<EntityKind, string> = { person: 'People', account: 'Accounts' }
const HINTS: Record<EntityKind, string> = {
  person: 'Name, e-mail or other identifier',
  account: 'Name, domain or other identifier',
}

export interface ListQuery {
  search?: string
  after?: string
}

export function listPage(kind: EntityKind, { items, next }: Page<EntityRow>, query: ListQuery): Markup {
  const nothing = query.search ? html`Nothing matches ${own(query.search)}.` : 'Nobody is known yet.'
  return html`<h1>${TITLES[kind]}</h1>
<form class="search" role="search" action="${PATHS[kind]}">
<input type="search" name="search" dir="auto" value="${query.search ?? ''}" placeholder="${HINTS[kind]}" aria-label="${HINTS[kind]}">
<button>Search</button>
</form>
<section class="card">
${items.length === 0 ? html`<p class="empty">${nothing}</p>` : table(kind, items)}
${pager(PATHS[kind], { ...query }, next, { first: 'First page', next: 'Next page' })}
</section>`
}

const table = (kind: EntityKind, items: EntityRow[]): Markup => html`<table class="stack">
<thead><tr><th>Name</th><th>${kind === 'person' ? 'E-mail' : 'Domain'}</th><th>Stage</th><th>Known since</th></tr></thead>
<tbody>${items.map((item) => row(kind, item))}</tbody>
</table>`

function row(kind: EntityKind, { id, golden, stage, createdAt }: EntityRow): Markup {
  const { values } = readGolden(golden)
  const second = kind === 'person' ? values.email : values.domain
  return html`<tr>
<td><a href="${PATHS[kind]}/${encodeURIComponent(id)}">${own(displayName(kind, values) ?? 'Unknown visitor', values.language)}</a></td>
<td>${typeof second === 'string' ? own(second) : ''}</td>
<td>${stage ? tag(stage) : ''}</td>
<td class="soft">${day(createdAt)}</td>
</tr>`
}
