import * as z from 'zod'
import { type EnrichmentAnswer, type EnrichmentQuestion, RecordError } from '#kit'
import {
  AccountAttributes,
  type Contribution,
  domain,
  email,
  Identifier,
  Instant,
  type Method,
  PersonAttributes,
} from '#model'

const Question = z.object({
  kind: z.enum(['person', 'account']),
  email: z.string().exactOptional(),
  domain: z.string().exactOptional(),
  name: z.string().exactOptional(),
  country: z.string().exactOptional(),
  phone: z.string().exactOptional(),
})

const Company = z.object({ identifiers: z.array(Identifier).min(1), name: z.string().exactOptional() })

const Answer = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('hit'),
    cost: z.number(),
    fields: z.record(
      z.string(),
      z.object({
        value: z.unknown(),
        observedAt: Instant,
        confidence: z.number().min(0).max(1),
        licence: z.string().exactOptional(),
      }),
    ),
    identifiers: z.array(Identifier).exactOptional(),
    parent: Company.exactOptional(),
    ultimateParent: Company.exactOptional(),
  }),
  z.object({ status: z.literal('miss'), cost: z.number() }),
])

/** Body of the record that an answer is stored as: absorbed, explained and replayed like any other record. */
export const AnswerRecord = z.object({
  provider: z.string().describe('Connection that was asked'),
  question: Question,
  answer: Answer,
  asked_at: Instant,
})
export type AnswerRecord = z.infer<typeof AnswerRecord>

export function answerRecord(
  connection: string,
  question: EnrichmentQuestion,
  answer: EnrichmentAnswer,
  now: Instant,
): AnswerRecord {
  return AnswerRecord.parse({ provider: connection, question, answer, asked_at: now })
}

/**
 * What an answer says, one contribution per distinct trust (confidence, licence, time), so that every field keeps its
 * own; the slots tell them apart. A miss says nothing. Pure.
 * @throws RecordError `record.invalid` where the body is no answer or a value does not fit its field.
 */
export function mapAnswer(body: unknown, method: Method): Contribution[] {
  const record = AnswerRecord.safeParse(body)
  if (!record.success) throw invalid('the record', record.error)
  const { question, answer } = record.data
  if (answer.status === 'miss') return []
  const asked = identifiersOf(question)
  if (asked.length === 0) return []
  const identifiers = [...asked, ...(answer.identifiers ?? [])]

  const groups = new Map<
    string,
    { observedAt: number; confidence: number; licence?: string | undefined; values: Record<string, unknown> }
  >()
  for (const [field, { value, observedAt, confidence, licence }] of Object.entries(answer.fields)) {
    const slot = [confidence, observedAt, licence ?? ''].join('|')
    const group = groups.get(slot) ?? { observedAt, confidence, licence, values: {} }
    group.values[field] = value
    groups.set(slot, group)
  }

  const relations = question.kind === 'account' ? relationsOf(answer) : {}
  if (groups.size === 0 && Object.keys(relations).length > 0)
    groups.set('', { observedAt: record.data.asked_at, confidence: 1, values: {} })
  const said = [...groups.values()]
    .sort(
      (a, b) =>
        b.confidence - a.confidence ||
        b.observedAt - a.observedAt ||
        (a.licence ?? '').localeCompare(b.licence ?? ''),
    )
    .map(({ observedAt, confidence, licence, values }, index) => ({
      ...attributesOf(question.kind, values),
      identifiers,
      ...(index === 0 ? relations : {}),
      ...(index > 0 ? { slot: String(index) } : {}),
      observed_at: observedAt,
      method,
      confidence,
      ...(licence !== undefined ? { licence } : {}),
    }))
  return question.kind === 'account' ? [...said, ...named(answer, method, said)] : said
}

type Hit = Extract<AnswerRecord['answer'], { status: 'hit' }>

const relationsOf = ({ parent, ultimateParent }: Hit) => ({
  ...(parent ? { parent: parent.identifiers } : {}),
  ...(ultimateParent ? { ultimate_parent: ultimateParent.identifiers } : {}),
})

/** What the answer says of the companies above: how they are called. */
function named({ parent, ultimateParent }: Hit, method: Method, [first]: Contribution[]): Contribution[] {
  if (first?.type !== 'account') return []
  const { observed_at, confidence, licence } = first
  return Object.entries({ parent, ultimate_parent: ultimateParent }).flatMap(([slot, company]) =>
    company?.name === undefined
      ? []
      : [
          {
            type: 'account' as const,
            identifiers: company.identifiers,
            attributes: { name: company.name },
            slot,
            ...(observed_at !== undefined ? { observed_at } : {}),
            ...(confidence !== undefined ? { confidence } : {}),
            ...(licence !== undefined ? { licence } : {}),
            method,
          },
        ],
  )
}

function identifiersOf(question: EnrichmentQuestion): Identifier[] {
  if (question.kind === 'person') return question.email ? [email(question.email)] : []
  return question.domain ? [domain(question.domain)] : []
}

function attributesOf(kind: 'person' | 'account', values: Record<string, unknown>) {
  if (kind === 'person') {
    const parsed = PersonAttributes.safeParse(values)
    if (!parsed.success) throw invalid('a person field', parsed.error)
    return { type: kind, attributes: parsed.data }
  }
  const parsed = AccountAttributes.safeParse(values)
  if (!parsed.success) throw invalid('an account field', parsed.error)
  return { type: kind, attributes: parsed.data }
}

function invalid(what: string, error: z.ZodError): RecordError {
  const issue = error.issues[0]
  const place = issue?.path.join('.') || what
  return new RecordError('record.invalid', `Enrichment answer: ${place}: ${issue?.message}`, {
    cause: error,
    at: { field: place },
  })
}
