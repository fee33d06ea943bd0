import { expect, test } from 'vitest'
import { type EnrichmentAnswer, RecordError } from '#kit'
import { Contribution } from '#model'
import inference from '../../connectors/inference/index.ts'
import { answerRecord, answerStream, mapAnswer } from '../../src/enrich/index.ts'
import { NOW } from './support.ts'

const hit = (fields: Extract<EnrichmentAnswer, { status: 'hit' }>['fields']): EnrichmentAnswer => ({
  status: 'hit',
  cost: 1,
  fields,
})
const value = (v: unknown, confidence = 0.8, licence?: string) => ({
  value: v,
  observedAt: NOW,
  confidence,
  ...(licence ? { licence } : {}),
})
const stored = (body: unknown) => JSON.parse(JSON.stringify(body)) as unknown

test('an answer about a company becomes one contribution with its trust and licence', () => {
  const body = answerRecord(
    'pdl',
    { kind: 'account', domain: 'kestrel.de' },
    hit({ name: value('كسترل', 0.8, 'L'), employees: value(12, 0.8, 'L') }),
    NOW,
  )
  expect(mapAnswer(stored(body), 'derived')).toEqual([
    {
      type: 'account',
      identifiers: [{ kind: 'domain', value: 'kestrel.de' }],
      attributes: { name: 'كسترل', employees: 12 },
      method: 'derived',
      confidence: 0.8,
      licence: 'L',
      observed_at: NOW,
    },
  ])
})

test('fields of different trust become contributions of their own, told apart by slot', () => {
  const body = answerRecord(
    'guess',
    { kind: 'person', email: 'ana@kestrel.de' },
    hit({ first_name: value('Ana', 0.3), is_free_mail: value(false, 0.9) }),
    NOW,
  )
  const contributions = mapAnswer(stored(body), 'inferred')
  expect(contributions.map((c) => Contribution.parse(c))).toMatchObject([
    { type: 'person', attributes: { is_free_mail: false }, confidence: 0.9, method: 'inferred' },
    { type: 'person', attributes: { first_name: 'Ana' }, confidence: 0.3, slot: '1' },
  ])
})

test('the result does not depend on the order of the fields', () => {
  const question = { kind: 'account', domain: 'kestrel.de' } as const
  const a = answerRecord(
    'x',
    question,
    hit({ name: value('K', 0.3), country: value('DE', 0.4), city: value('Ulm', 0.4) }),
    NOW,
  )
  const b = answerRecord(
    'x',
    question,
    hit({ city: value('Ulm', 0.4), country: value('DE', 0.4), name: value('K', 0.3) }),
    NOW,
  )
  expect(mapAnswer(a, 'inferred')).toEqual(mapAnswer(b, 'inferred'))
})

test('a miss is stored and says nothing', () => {
  const body = answerRecord(
    'pdl',
    { kind: 'account', domain: 'kestrel.de' },
    { status: 'miss', cost: 0 },
    NOW,
  )
  expect(mapAnswer(stored(body), 'derived')).toEqual([])
})

test('a record that is no answer, or whose value does not fit its field, is dead-lettered with the place', () => {
  expect(() => mapAnswer({ question: {} }, 'derived')).toThrow(RecordError)
  const body = answerRecord(
    'pdl',
    { kind: 'account', domain: 'kestrel.de' },
    hit({ employees: value('many') }),
    NOW,
  )
  expect(() => mapAnswer(stored(body), 'derived')).toThrow(/employees/)
})

test('answers are a stream like any other: keyed by the question, versioned by the time it was asked', () => {
  const stream = answerStream(inference.enricher!)
  const record = stream.record.parse(
    stored(
      answerRecord(
        'guess',
        { kind: 'account', domain: 'Kestrel.de' },
        hit({ name: value('Kestrel', 0.3) }),
        NOW,
      ),
    ),
  )
  expect(stream.key(record)).toBe('kestrel.de')
  expect(stream.updatedAt?.(record)).toBe(NOW)
  expect(stream.map(record, { connection: 'guess', config: {} })).toHaveLength(1)
})

test('companies above are named by their identifiers, and told by what they are called', () => {
  const parent = { identifiers: [{ kind: 'lei' as const, value: 'P' }], name: 'Kestrel Holding' }
  const answer: EnrichmentAnswer = {
    ...hit({ lei: value('C') }),
    identifiers: [{ kind: 'lei', value: 'C' }],
    parent,
    ultimateParent: { identifiers: [{ kind: 'lei', value: 'U' }] },
  } as EnrichmentAnswer
  const body = answerRecord('gleif', { kind: 'account', domain: 'kestrel.de' }, answer, NOW)
  const said = mapAnswer(stored(body), 'derived')
  expect(said.map((contribution) => Contribution.parse(contribution))).toEqual([
    {
      type: 'account',
      identifiers: [
        { kind: 'domain', value: 'kestrel.de' },
        { kind: 'lei', value: 'C' },
      ],
      attributes: { lei: 'C' },
      parent: [{ kind: 'lei', value: 'P' }],
      ultimate_parent: [{ kind: 'lei', value: 'U' }],
      method: 'derived',
      confidence: 0.8,
      observed_at: NOW,
    },
    {
      type: 'account',
      identifiers: [{ kind: 'lei', value: 'P' }],
      attributes: { name: 'Kestrel Holding' },
      slot: 'parent',
      method: 'derived',
      confidence: 0.8,
      observed_at: NOW,
    },
  ])
})
