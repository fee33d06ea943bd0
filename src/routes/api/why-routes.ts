import * as z from 'zod'
import { RecordError } from '#kit'
import { explain } from '../../engine/why.ts'
import { given } from '../given.ts'
import { defineRoute, type Route } from './define-route.ts'
import { showTouchpoint } from './present.ts'
import * as show from './present-why.ts'
import * as s from './schemas.ts'
import * as w from './why-schemas.ts'

const name = () => z.string().min(1).max(200)

const missing = (what: string, value: string) =>
  new RecordError('request.not_found', `There is no ${what} ${value}`, { at: { [what]: value } })

export const WHY_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/why/:destination/:object/:id',
    id: 'explain',
    tag: 'why',
    summary: 'Why a CRM record holds what we wrote: from the value back to the raw records',
    params: { destination: name(), object: name(), id: name().describe('CRM id, external id or entity') },
    query: { field: name().optional().describe('One field; else all that were written') },
    response: w.Explanation,
    handler: async ({ engine, params, query }) =>
      show.showExplanation(await explain(engine, given({ ...params, ...query }))),
  }),
  defineRoute({
    path: '/mapping-versions/:hash',
    id: 'getMappingVersion',
    tag: 'why',
    summary: 'A mapping file as it was when it asked for a write',
    params: { hash: name() },
    response: w.MappingVersion,
    handler: async ({ engine, params }) => {
      const found = await engine.store.lookup.mapping(params.hash)
      if (!found) throw missing('mapping version', params.hash)
      return show.showMapping(found)
    },
  }),
  defineRoute({
    path: '/documents/:id',
    id: 'getDocument',
    tag: 'why',
    summary: 'One subscription, invoice, payment or quote',
    params: { id: name() },
    response: w.OwnedDocument,
    handler: async ({ engine, params }) => {
      const found = await engine.store.lookup.document(params.id)
      if (!found) throw missing('document', params.id)
      return show.showDocument(found)
    },
  }),
  defineRoute({
    path: '/touchpoints/:id',
    id: 'getTouchpoint',
    tag: 'events',
    summary: 'One touchpoint',
    params: { id: name() },
    response: s.Touchpoint,
    handler: async ({ engine, params }) => {
      const found = await engine.store.lookup.touchpoint(params.id)
      if (!found) throw missing('touchpoint', params.id)
      return showTouchpoint(found)
    },
  }),
  defineRoute({
    path: '/enrichments',
    id: 'listEnrichments',
    tag: 'why',
    summary: 'Ledger of what a provider was asked about one key, latest first',
    query: { provider: name(), key: z.string().min(1).max(1_000) },
    response: s.named('EnrichmentList', z.object({ items: z.array(w.Enrichment) })),
    handler: async ({ engine, query }) => ({
      items: (await engine.store.lookup.enrichments(query)).map(show.showEnrichment),
    }),
  }),
  defineRoute({
    path: '/judgements',
    id: 'listJudgements',
    tag: 'why',
    summary: 'Why nodes of the identity graph stand for one person or company, oldest first',
    query: { entity: name() },
    response: s.named('JudgementList', z.object({ items: z.array(w.Judgement) })),
    handler: async ({ engine, query }) => {
      const [node] = await engine.store.absorb.rootsOf([query.entity])
      if (!node) throw missing('entity', query.entity)
      return { items: (await engine.store.lookup.judgements(node.root)).map(show.showJudgement) }
    },
  }),
]
