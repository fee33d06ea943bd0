import * as z from 'zod'
import { mappingTrouble } from '../../engine/mappings/mapping-trouble.ts'
import type { EntityKind } from '../../engine/ports.ts'
import { findEntity } from '../entity.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import * as show from './present.ts'
import * as s from './schemas.ts'

const filter = (description: string) => z.string().min(1).max(512).optional().describe(description)
const all = z
  .enum(['true', 'false'])
  .optional()
  .describe(
    'true: also anonymous visitors, and accounts that are no more than the billing id of a private customer',
  )
const id = { id: z.string().min(1).max(200) }

interface ListQuery {
  limit: number
  after?: string | undefined
  search?: string | undefined
  all?: 'true' | 'false' | undefined
}
const entitiesQuery = (kind: EntityKind, { all, ...query }: ListQuery) =>
  given({ kind, ...query, ...(all === 'true' ? {} : { isKnown: true }) })

export const ROUTES: readonly Route[] = [
  defineRoute({
    path: '/status',
    id: 'getStatus',
    tag: 'status',
    summary: 'Totals of everything received, known, waiting and written',
    response: s.Status,
    handler: async ({ inspect, engine }) => {
      const trouble = await mappingTrouble(engine.store.control)
      return show.showStatus(await inspect.totals(), trouble)
    },
  }),
  defineRoute({
    path: '/people',
    id: 'listPeople',
    tag: 'people and accounts',
    summary: 'Known people with their golden values',
    query: { ...s.paging, search: filter('Text in name, e-mail address, phone, city or title'), all },
    response: s.pageOf('PersonPage', s.Person),
    handler: async ({ inspect, query }) =>
      show.showPage(await inspect.entities(entitiesQuery('person', query)), show.showPerson),
  }),
  defineRoute({
    path: '/people/:id',
    id: 'getPerson',
    tag: 'people and accounts',
    summary: 'One person with identifiers and CRM records; an id that was merged answers with the survivor',
    params: id,
    response: s.PersonDetail,
    handler: async ({ inspect, params }) => {
      const person = await findEntity(inspect, 'person', params.id)
      return { ...show.showPerson(person), ...show.showDetail(person) }
    },
  }),
  defineRoute({
    path: '/accounts',
    id: 'listAccounts',
    tag: 'people and accounts',
    summary: 'Known companies with their golden values',
    query: { ...s.paging, search: filter('Text in name, domain, website or city'), all },
    response: s.pageOf('AccountPage', s.Account),
    handler: async ({ inspect, query }) =>
      show.showPage(await inspect.entities(entitiesQuery('account', query)), show.showAccount),
  }),
  defineRoute({
    path: '/accounts/:id',
    id: 'getAccount',
    tag: 'people and accounts',
    summary: 'One company with identifiers and CRM records; an id that was merged answers with the survivor',
    params: id,
    response: s.AccountDetail,
    handler: async ({ inspect, params }) => {
      const account = await findEntity(inspect, 'account', params.id)
      return { ...show.showAccount(account), ...show.showDetail(account), ...show.showStanding(account) }
    },
  }),
  defineRoute({
    path: '/touchpoints',
    id: 'listTouchpoints',
    tag: 'events',
    summary: 'Touchpoints, newest first',
    query: {
      ...s.paging,
      person: filter('Id of a person'),
      account: filter('Id of an account'),
      kind: filter('Such as page.viewed'),
    },
    response: s.pageOf('TouchpointPage', s.Touchpoint),
    handler: async ({ inspect, query }) =>
      show.showPage(await inspect.touchpoints(given(query)), show.showTouchpoint),
  }),
  defineRoute({
    path: '/records',
    id: 'listRecords',
    tag: 'events',
    summary: 'Source records as received',
    query: {
      ...s.paging,
      connection: filter('Connection name'),
      stream: filter('Stream name'),
      key: filter('Key within the stream'),
    },
    response: s.pageOf('RecordPage', s.SourceRecord),
    handler: async ({ inspect, query }) =>
      show.showPage(await inspect.records(given(query)), show.showRecord),
  }),
  defineRoute({
    path: '/operations',
    id: 'listOperations',
    tag: 'delivery',
    summary: 'Intended and finished writes to the CRMs',
    query: {
      ...s.paging,
      destination: filter('Connection name'),
      object: filter('CRM object'),
      state: z.enum(s.OPERATION_STATES).optional(),
      entity: filter('Id of a person, account or quote'),
      run: filter('Id of a run'),
    },
    response: s.pageOf('OperationPage', s.Operation),
    handler: async ({ inspect, query }) =>
      show.showPage(await inspect.operations(given(query)), show.showOperation),
  }),
  defineRoute({
    path: '/operations/:id/deliveries',
    id: 'listDeliveries',
    tag: 'delivery',
    summary: 'Attempts to send one operation; empty where there was none',
    params: id,
    response: s.named('DeliveryList', z.object({ items: z.array(s.Delivery) })),
    handler: async ({ inspect, params }) => ({
      items: (await inspect.deliveries(params.id)).map(show.showDelivery),
    }),
  }),
  defineRoute({
    path: '/runs',
    id: 'listRuns',
    tag: 'status',
    summary: 'Executions, newest first',
    query: {
      ...s.paging,
      kind: z.enum(s.RUN_KINDS).optional(),
      state: z.enum(s.RUN_STATES).optional(),
      scope: filter('connection, connection/stream, or what else it ran on'),
    },
    response: s.pageOf('RunPage', s.Run),
    handler: async ({ inspect, query }) => show.showPage(await inspect.runs(given(query)), show.showRun),
  }),
  defineRoute({
    path: '/dead-letters',
    id: 'listDeadLetters',
    tag: 'status',
    summary: 'Items set aside with their reason',
    query: { ...s.paging, stage: z.enum(s.DEAD_STAGES).optional() },
    response: s.pageOf('DeadLetterPage', s.DeadLetter),
    handler: async ({ inspect, query }) =>
      show.showPage(await inspect.deadLetters(given(query)), show.showDeadLetter),
  }),
]
