import type { Stream } from '#kit'
import { AnswerRecord, mapAnswer } from './answer.ts'
import type { AnyEnricher } from './rules.ts'

/** Answers of an enricher are records like any other: stored raw, mapped by absorb, replayable. */
export function answerStream(enricher: AnyEnricher): Stream<unknown, unknown> {
  return {
    title: 'Enrichment answers',
    record: AnswerRecord,
    key: (record) => enricher.cacheKey((record as AnswerRecord).question),
    updatedAt: (record) => (record as AnswerRecord).asked_at,
    lane: 'lead',
    map: (record) => mapAnswer(record, enricher.method),
  }
}
