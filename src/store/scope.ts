import type { EntityKind } from '../engine/ports.ts'
import { itemsOf } from './dialect.ts'

/**
 * Roots of the person (`p`) and of the account of the rows of a table of facts, by its alias: a fact belongs to its own
 * account, or else to its person's.
 */
export const ROOT_COLUMNS = 'p.root AS person_root, coalesce(a.root, pa.root) AS account_root'
export const joinRoots = (alias: string): string => `
  LEFT JOIN entities p ON p.id = ${alias}.person LEFT JOIN entities pr ON pr.id = p.root
  LEFT JOIN entities pa ON pa.id = pr.account LEFT JOIN entities a ON a.id = ${alias}.account`

/** Nodes that stand at the roots bound to ?1, as table `own`. */
const OWN = `own AS (SELECT e.root AS root, e.id AS node FROM entities e WHERE e.root IN ${itemsOf(1)})`

/** Nodes of the people whose account stands at one of the accounts bound to ?1, as table `people`. */
const PEOPLE = `
  people AS (
    SELECT a.root AS root, n.id AS node FROM entities a
    JOIN entities p ON p.account = a.id AND p.root = p.id
    JOIN entities n ON n.root = p.id
    WHERE a.root IN ${itemsOf(1)})`

/**
 * Tables of the nodes whose facts count for the roots bound to ?1: `own`, and `scope` (root, node), which for accounts
 * also holds the nodes of their people.
 */
export const scopeOf = (kind: EntityKind): string =>
  kind === 'person'
    ? `${OWN}, scope AS (SELECT root, node FROM own)`
    : `${OWN}, ${PEOPLE}, scope AS (SELECT root, node FROM own UNION ALL SELECT root, node FROM people)`

/**
 * Table `owned` (root, id) of the documents that belong to the roots bound to ?1; needs `scopeOf` before it. A document
 * belongs to its own account, or else to its person's.
 */
export const documentsOf = (kind: EntityKind): string =>
  kind === 'person'
    ? `owned AS (SELECT own.root, d.id FROM own JOIN documents d ON d.person = own.node)`
    : `owned AS (
        SELECT own.root, d.id FROM own JOIN documents d ON d.account = own.node
        UNION ALL SELECT people.root, d.id FROM people JOIN documents d ON d.person = people.node
        WHERE d.account IS NULL)`
