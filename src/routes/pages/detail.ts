import { html } from 'hono/html'
import type {
  EntityRow,
  InspectPort,
  Operation,
  Page,
  PairRow,
  ProjectionRow,
  Relative,
  Standing,
  TouchpointRow,
} from '../../engine/ports.ts'
import { displayName, isCompany, readGolden } from '../golden.ts'
import { dateTime, own, shown, sourceLink, tag, words } from './format.ts'
import type { Markup } from './layout.ts'
import { PATHS } from './list.ts'
import { timeline } from './timeline.ts'

export interface Detail {
  entity: NonNullable<Awaited<ReturnType<InspectPort['entity']>>>
  /** The person's company. */
  account?: EntityRow | undefined
  /** Who is probably the same, and nobody has said. */
  twins?: PairRow[]
  touchpoints: Page<TouchpointRow>
  after?: string | undefined
  /** Waiting, held and dead ones. */
  operations: Operation[]
}

/** Fields written in the person's language; the others are addresses and codes. */
const PROSE = new Set([
  'full_name',
  'first_name',
  'last_name',
  'title',
  'department',
  'company_name',
  'street',
  'city',
  'region',
])

/** What a reader looks for first; the others follow by name. */
const FIRST = [
  'full_name',
  'first_name',
  'last_name',
  'name',
  'email',
  'phone',
  'title',
  'company_name',
  'domain',
  'website',
  'industry',
  'employees',
  'street',
  'postal_code',
  'city',
  'region',
  'country',
  'language',
]
const placeOf = (field: string): number => (FIRST.includes(field) ? FIRST.indexOf(field) : FIRST.length)

/** Everything known about one person or account. */
export function detailPage({ entity, account, twins = [], touchpoints, after, operations }: Detail): Markup {
  const { values, sources } = readGolden(entity.golden)
  const name = displayName(entity)
  const path = `${PATHS[entity.kind]}/${encodeURIComponent(entity.id)}`
  return html`<h1>${own(name, values.language)} ${entity.stage ? tag(entity.stage) : ''}</h1>
<p class="soft">${account && isCompany(account) ? html`${accountLink(account)} · ` : ''}Known since ${dateTime(entity.createdAt)} · <code>${entity.id}</code></p>
${operations.length > 0 ? operationsCard(operations) : ''}
${twins.length > 0 ? twinsCard(entity, twins) : ''}
<div class="columns">
<div>
${valuesCard(values, sources)}
${entity.kind === 'account' ? treeCard(entity.golden.$standing as Standing | undefined) : ''}
${identifiersCard(entity.identifiers)}
${crmCard(entity.projections)}
</div>
${timeline(touchpoints, path, after)}
</div>`
}

function accountLink(account: EntityRow): Markup {
  return html`<a href="${PATHS.account}/${encodeURIComponent(account.id)}">${own(displayName(account))}</a>`
}

/** The decision is one of the command line and the API: a page changes nothing. */
function twinsCard({ id, kind }: Pick<EntityRow, 'id' | 'kind'>, twins: PairRow[]): Markup {
  const rows = twins.map(({ a, b, rootA, rootB, goldenA, goldenB, score }) => {
    const [other, golden] = rootA === id ? [rootB, goldenB] : [rootA, goldenA]
    const { values } = readGolden(golden)
    const known = [
      displayName({ id: other, kind, golden } as EntityRow),
      values.email ?? values.domain,
      values.company_name ?? values.city,
    ]
    return html`<tr><td><a href="${PATHS[kind]}/${encodeURIComponent(other)}">${own(
      [...new Set(known)].filter((text) => typeof text === 'string' && text !== '').join(' · '),
    )}</a></td>
<td class="number">${Math.floor(Math.min(score, 0.999) * 100)} %</td><td><code>tributary match accept ${a}~${b}</code></td></tr>`
  })
  return html`<section class="card"><h2>Perhaps the same ${kind === 'person' ? 'person' : 'company'}</h2><table><tbody>${rows}</tbody></table></section>`
}

function valuesCard(values: Record<string, unknown>, sources: Record<string, string>): Markup {
  const inOrder = Object.entries(values).sort(([a], [b]) => placeOf(a) - placeOf(b))
  const rows = inOrder.map(
    ([field, value]) => html`<tr><td class="key">${words(field)}</td>
<td>${shown(value, PROSE.has(field) ? values.language : undefined)}${sources[field] ? sourceLink(sources[field]) : ''}</td></tr>`,
  )
  return html`<section class="card"><h2>What is known</h2>
${rows.length === 0 ? html`<p class="empty">No source has said anything yet.</p>` : html`<table><tbody>${rows}</tbody></table>`}</section>`
}

/** Where a company stands among others, and what it is by the rules; nothing where neither says anything. */
function treeCard(standing: Standing | undefined): Markup {
  const { classes = {}, parent, ultimate, children = 0, total } = standing ?? {}
  const rows: [string, Markup | string][] = [
    ...Object.entries(classes).map(([name, value]): [string, Markup] => [words(name), tag(value)]),
    ...(parent ? [['Belongs to', relativeLink(parent)] as [string, Markup]] : []),
    ...(ultimate && ultimate.id !== parent?.id
      ? [['At the top', relativeLink(ultimate)] as [string, Markup]]
      : []),
    ...(children > 0
      ? [['Below', `${children} directly, ${total!.accounts - 1} in all`] as [string, string]]
      : []),
  ]
  if (rows.length === 0) return html``
  return html`<section class="card"><h2>Among others</h2><table><tbody>
${rows.map(([name, value]) => html`<tr><td class="key">${name}</td><td>${value}</td></tr>`)}
</tbody></table></section>`
}

function relativeLink({ id, name, domain }: Relative): Markup {
  return html`<a href="${PATHS.account}/${encodeURIComponent(id)}">${own(name ?? domain ?? id)}</a>`
}

function identifiersCard(identifiers: { kind: string; value: string }[]): Markup {
  if (identifiers.length === 0) return html``
  return html`<section class="card"><h2>Identifiers</h2><table><tbody>
${identifiers.map(({ kind, value }) => html`<tr><td class="key">${words(kind)}</td><td>${own(value)}</td></tr>`)}
</tbody></table></section>`
}

function crmCard(projections: ProjectionRow[]): Markup {
  if (projections.length === 0) return html``
  return html`<section class="card"><h2>CRM records</h2>
${projections.map(
  (
    projection,
  ) => html`<h3>${own(projection.destination)} · ${own(projection.object)} ${projection.crmId ? html`· <code>${projection.crmId}</code>` : html`· not written yet`}</h3>
<table><tbody>${Object.entries(projection.written).map(
    ([field, { value, at }]) =>
      html`<tr><td class="key">${field}</td><td>${shown(value)}<span class="place">written ${dateTime(at)}</span></td></tr>`,
  )}</tbody></table>`,
)}</section>`
}

function operationsCard(operations: Operation[]): Markup {
  return html`<section class="card"><h2>Not in the CRM yet</h2><table class="stack">
<thead><tr><th>Record</th><th>State</th><th>Change</th></tr></thead>
<tbody>${operations.map(
    (operation) => html`<tr>
<td>${own(operation.destination)} · ${own(operation.object)}<span class="place">due ${dateTime(operation.dueAt)}</span></td>
<td>${tag(operation.state)}</td>
<td>${changes(operation)}${operation.error ? html`<p>${own(operation.error.message)}<span class="place">${operation.error.code}: ${operation.error.fix}</span></p>` : ''}</td>
</tr>`,
  )}</tbody></table></section>`
}

const changes = ({ fields }: Operation): Markup =>
  html`${Object.entries(fields).map(([field, { after }], i) => html`${i > 0 ? html`<br>` : ''}<span class="soft">${field}</span> → ${shown(after)}`)}`
