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
  /** Anonymous visitors and private customers too. */
  all?: 'true'
  after?: string
}

export function listPage(kind: EntityKind, { items, next }: Page<EntityRow>, query: ListQuery): Markup {
  const nothing = query.search ? html`Nothing matches ${own(query.search)}.` : 'Nobody is known yet.'
  return html`<h1>${TITLES[kind]}</h1>
<form class="search" role="search" action="${PATHS[kind]}">
<input type="search" name="search" dir="auto" value="${query.search ?? ''}" placeholder="${HINTS[kind]}" aria-label="${HINTS[kind]}">
${query.all ? html`<input type="hidden" name="all" value="true">` : ''}
<button>Search</button>
</form>
${whoIsShown(kind, query)}
<section class="card">
${items.length === 0 ? html`<p class="empty">${nothing}</p>` : table(kind, items)}
${pager(PATHS[kind], { ...query }, next, { first: 'First page', next: 'Next page' })}
</section>`
}

const SHOWN: Record<EntityKind, { known: string; others: string }> = {
  person: {
    known: 'People with an e-mail address, a name, a phone number or an id of their own.',
    others: 'anonymous visitors',
  },
  account: {
    known: 'Companies with a name, a domain or an id of their own.',
    others: 'private customers',
  },
}

function whoIsShown(kind: EntityKind, { search, all }: ListQuery): Markup {
  const query = new URLSearchParams({
    ...(search ? { search } : {}),
    ...(all ? {} : { all: 'true' }),
  }).toString()
  const other = `${PATHS[kind]}${query ? `?${query}` : ''}`
  const { known, others } = SHOWN[kind]
  return all
    ? html`<p class="soft">All, ${others} too. <a href="${other}">Leave them out</a></p>`
    : html`<p class="soft">${known} <a href="${other}">Show ${others} too</a></p>`
}

const table = (kind: EntityKind, items: EntityRow[]): Markup => html`<table class="stack">
<thead><tr><th>Name</th><th>${kind === 'person' ? 'E-mail' : 'Domain'}</th><th>Stage</th><th>Known since</th></tr></thead>
<tbody>${items.map((item) => row(kind, item))}</tbody>
</table>`

function row(kind: EntityKind, entity: EntityRow): Markup {
  const { id, golden, stage, createdAt, identifier } = entity
  const { values } = readGolden(golden)
  // Somebody known from mail events alone has an address before any source has said anything of them.
  const address = identifier?.includes('@') ? identifier : undefined
  const second = kind === 'person' ? (values.email ?? address) : values.domain
  return html`<tr>
<td><a href="${PATHS[kind]}/${encodeURIComponent(id)}">${own(displayName(entity), values.language)}</a></td>
<td>${typeof second === 'string' ? own(second) : ''}</td>
<td>${stage ? tag(stage) : ''}</td>
<td class="soft">${day(createdAt)}</td>
</tr>`
}
