import type { AbsorbCommit, AbsorbPort, EntityKind, IdentifierMatch } from '../engine/ports.ts'
import type { IdentifierKind } from '../model/identifier.ts'
import { type ContributionColumns, storeContributions, toContribution } from './contributions.ts'
import { at, columns, itemsOf, rowsOf, tuplesOf } from './dialect.ts'
import { markDirty } from './dirty.ts'
import { storeDocuments } from './documents.ts'
import { bulk, present, toJson } from './json.ts'
import { storeJudgements } from './judgements.ts'
import { mergeEntities } from './merges.ts'
import { forgetReplaced } from './replace.ts'
import type { SqlDatabase, Statement } from './sql-database.ts'
import { storeTouchpoints } from './touchpoints.ts'
import { storeTraffic } from './traffic.ts'

const INSERT_ENTITIES = `
  INSERT INTO entities (id, kind, root, created_at, base) SELECT ${columns(5)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (id) DO NOTHING`

const INSERT_IDENTIFIERS = `
  INSERT INTO identifiers (entity_kind, kind, value, entity) SELECT ${columns(4)} FROM ${rowsOf(1)} WHERE true
  ON CONFLICT (entity_kind, kind, value) DO NOTHING`

/** Rows: [connection, stream, key, hash, error]. */
const settle = (set: string): string => `
  UPDATE records SET ${set}
  FROM (SELECT ${at(0)} AS connection, ${at(1)} AS stream, ${at(2)} AS key, ${at(3)} AS hash, ${at(4)} AS error
        FROM ${rowsOf(1)}) AS s
  WHERE records.connection = s.connection AND records.stream = s.stream AND records.key = s.key`
/** A record that changed meanwhile has another hash and stays pending; but the body that was read has had its say. */
const ABSORBED = settle(`is_update = 1,
  state = CASE WHEN records.hash = s.hash THEN 'absorbed' ELSE records.state END,
  settled_at = CASE WHEN records.hash = s.hash THEN ?2 ELSE records.settled_at END,
  error = CASE WHEN records.hash = s.hash THEN NULL ELSE records.error END`)
const DEAD = `${settle(`state = 'dead', settled_at = ?2, error = s.error`)} AND records.hash = s.hash`

export function createAbsorb(db: SqlDatabase): AbsorbPort {
  return {
    async findIdentifiers(keys) {
      const rows = await db.query<{
        entity_kind: EntityKind
        kind: IdentifierKind
        value: string
        entity: string
        root: string
        base: string | null
        created_at: number
        account: string | null
      }>(
        // Nearly all are their own root: these are not looked up again.
        `SELECT i.entity_kind, i.kind, i.value, i.entity, n.root, n.base,
           CASE WHEN n.base IS NULL AND n.root = n.id THEN n.created_at
             ELSE (SELECT r.created_at FROM entities r WHERE r.id = coalesce(n.base, n.root)) END AS created_at,
           (SELECT a.root FROM entities a WHERE a.id = CASE WHEN n.root = n.id THEN n.account
             ELSE (SELECT o.account FROM entities o WHERE o.id = n.root) END) AS account
         FROM identifiers i JOIN entities n ON n.id = i.entity
         WHERE (i.entity_kind, i.kind, i.value) IN ${tuplesOf(1, 3)}`,
        [toJson(keys.map((key) => [key.entityKind, key.kind, key.value]))],
        'narrow',
      )
      return rows.map(
        (row): IdentifierMatch => ({
          entityKind: row.entity_kind,
          kind: row.kind,
          value: row.value,
          entity: row.entity,
          root: row.root,
          ...(row.base === null ? {} : { base: row.base }),
          rootCreatedAt: row.created_at,
          ...(row.account === null ? {} : { account: row.account }),
        }),
      )
    },

    async firstStitches(anonymous) {
      return db.query<{ anonymous: string; person: string; at: number }>(
        `SELECT anonymous, person, at FROM (
           SELECT a AS anonymous, b AS person, at, row_number() OVER (PARTITION BY a ORDER BY at, b) AS place
           FROM judgements WHERE a IN ${itemsOf(1)} AND judged_by = 'stitch')
         WHERE place = 1`,
        [toJson(anonymous)],
        'narrow',
      )
    },

    async said(records) {
      const rows = await db.query<ContributionColumns>(
        `SELECT c.*, NULL AS root, NULL AS account_root FROM contributions c
         WHERE (c.connection, c.stream, c.key) IN ${tuplesOf(1, 3)}`,
        [toJson(records.map((record) => [record.connection, record.stream, record.key]))],
        'narrow',
      )
      return rows.map(toContribution)
    },

    async rootsOf(entities) {
      const rows = await db.query<{
        entity: string
        root: string
        base: string | null
        account: string | null
      }>(
        `SELECT n.id AS entity, n.root, n.base, a.root AS account FROM entities n
         JOIN entities r ON r.id = n.root LEFT JOIN entities a ON a.id = r.account
         WHERE n.id IN ${itemsOf(1)}`,
        [toJson(entities)],
        'narrow',
      )
      return rows.map((row) =>
        present<{ entity: string; root: string; base?: string; account?: string }>(row),
      )
    },

    async commit(commit) {
      const { before, inserts, after } = absorbStatements(commit)
      const results = await db.batch([...before, ...inserts, ...settleStatements(commit), ...after])
      const inserted = results.slice(before.length, before.length + inserts.length)
      return { newTouchpoints: inserted.reduce((sum, result) => sum + result.changes, 0) }
    },
  }
}

/** All but the states of the records, which go between `inserts` and `after`. */
export function absorbStatements(commit: AbsorbCommit): {
  before: Statement[]
  /** Their changes tell how many touchpoints are new. */
  inserts: Statement[]
  after: Statement[]
} {
  const touchpoints = storeTouchpoints(commit.touchpoints)
  const merges = mergeEntities(commit)
  return {
    before: [...identityStatements(commit, merges.merge), ...factStatements(commit)],
    inserts: touchpoints.inserts,
    after: [...touchpoints.counts, ...markDirty(commit.dirty, commit.now), ...merges.note],
  }
}

const identityStatements = (commit: AbsorbCommit, merge: Statement[]): Statement[] => [
  ...bulk(
    INSERT_ENTITIES,
    commit.entities.map((entity) => [
      entity.id,
      entity.kind,
      entity.root,
      entity.createdAt,
      entity.base ?? null,
    ]),
  ),
  ...merge,
  ...bulk(
    INSERT_IDENTIFIERS,
    commit.identifiers.map((identifier) => [
      identifier.entityKind,
      identifier.kind,
      identifier.value,
      identifier.entity,
    ]),
  ),
  ...storeJudgements(commit.judgements),
]

const factStatements = (commit: AbsorbCommit): Statement[] => [
  ...forgetReplaced(commit),
  ...storeContributions(commit.contributions),
  ...storeDocuments(commit.documents),
  ...storeTraffic(commit.traffic ?? []),
]

const settleStatements = ({ records, dead, now }: AbsorbCommit): Statement[] => [
  ...bulk(
    ABSORBED,
    records.map((record) => [record.connection, record.stream, record.key, record.hash]),
    now,
  ),
  ...bulk(
    DEAD,
    dead.map((record) => [record.connection, record.stream, record.key, record.hash, toJson(record.error)]),
    now,
  ),
]
