import type * as z from 'zod'
import { isoDate } from '#model'
import type {
  EnrichmentRow,
  MappingVersion,
  NewJudgement,
  OwnedDocument,
  RecordKey,
} from '../../engine/ports.ts'
import type { Explanation, FieldExplanation } from '../../engine/why.ts'
import type { Input, Origin } from '../../engine/why-inputs.ts'
import { isoOf, showDelivery, showOperation, showRun } from './present.ts'
import type * as schemas from './why-schemas.ts'

type Shown<K extends keyof typeof schemas> = (typeof schemas)[K] extends z.ZodType
  ? z.input<(typeof schemas)[K]>
  : never

const recordId = ({ connection, stream, key }: RecordKey): string => `${connection}/${stream}/${key}`

const showOrigin = (origin: Origin) => ({
  record: recordId(origin),
  ...(origin.version === undefined ? {} : { version: isoOf(origin.version) }),
  ...(origin.storedAt === undefined ? {} : { stored_at: isoOf(origin.storedAt) }),
  run: origin.run,
  receipt: origin.receipt,
})

export const showJudgement = ({ a, b, verdict, by, at, score }: NewJudgement): Shown<'Judgement'> => ({
  a,
  b,
  verdict,
  by,
  at: isoOf(at),
  ...(score === undefined ? {} : { score }),
})

export const showEnrichment = ({ expiresAt, at, ...row }: EnrichmentRow): Shown<'Enrichment'> => ({
  ...row,
  at: isoOf(at),
  expires_at: isoOf(expiresAt),
})

export const showDocument = (own: OwnedDocument): Shown<'OwnedDocument'> => ({
  id: own.id,
  record: recordId(own),
  document: { ...own.document },
})

export const showMapping = ({ seenAt, ...version }: MappingVersion): Shown<'MappingVersion'> => ({
  ...version,
  seen_at: isoOf(seenAt),
})

export const showExplanation = (e: Explanation): Shown<'Explanation'> => ({
  destination: e.destination,
  object: e.object,
  crm_id: e.crmId,
  external_id: e.externalId,
  entity: e.entity,
  fields: e.fields.map(showField),
})

function showField(f: FieldExplanation): Shown<'Explanation'>['fields'][number] {
  return {
    field: f.field,
    ...(f.written ? { written: { ...f.written, at: isoOf(f.written.at) } } : {}),
    ...(f.live ? { live: { value: f.live.value, seen_at: isoOf(f.live.seenAt) } } : {}),
    desired: f.desired,
    ...(f.operation ? { operation: showOperation(f.operation) } : {}),
    deliveries: f.deliveries.map(showDelivery),
    ...(f.run ? { run: showRun(f.run) } : {}),
    ...(f.mapping
      ? {
          mapping: {
            file: f.mapping.file,
            line: f.mapping.line,
            hash: f.mapping.hash,
            is_current: f.mapping.isCurrent,
            text: f.mapping.text,
          },
        }
      : {}),
    inputs: f.inputs.map(showInput),
    ...(f.origin ? { origin: showOrigin(f.origin) } : {}),
  }
}

function showInput(input: Input): Shown<'Input'> {
  const { path } = input
  switch (input.kind) {
    case 'claims':
      return {
        path,
        kind: 'claims',
        entity: input.entity,
        claims: input.claims.map((claim) => ({
          ...showOrigin(claim),
          slot: claim.slot,
          value: claim.value,
          method: claim.method,
          confidence: claim.confidence,
          licence: claim.licence,
          observed_at: isoOf(claim.observedAt),
          lost_by: claim.lostBy,
          identity: { ...claim.identity, judgements: claim.identity.judgements.map(showJudgement) },
          ...(claim.enrichment ? { enrichment: showEnrichment(claim.enrichment) } : {}),
        })),
      }
    case 'documents':
      return {
        path,
        kind: 'documents',
        entity: input.entity,
        documents: input.documents.map((own) => ({ ...showDocument(own), ...showOrigin(own.origin) })),
        is_cut: input.isCut,
      }
    case 'touchpoints':
      return {
        path,
        kind: 'touchpoints',
        entity: input.entity,
        buckets: input.buckets.map(({ kind, channel, day, count, firstAt, lastAt }) => ({
          kind,
          channel,
          day: isoDate(day * 86_400_000),
          count,
          first_at: isoOf(firstAt),
          last_at: isoOf(lastAt),
        })),
        count: input.count,
        is_cut: input.isCut,
      }
    case 'touch':
      return {
        path,
        kind: 'touch',
        entity: input.entity,
        touchpoint: input.touchpoint,
        ...(input.origin ? { origin: showOrigin(input.origin) } : {}),
      }
    default:
      return {
        path,
        kind: 'derived',
        value: input.value,
        ...(input.because === undefined ? {} : { because: input.because }),
      }
  }
}
