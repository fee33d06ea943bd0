import type { SqlDatabase } from '../store/index.ts'

export interface CountedDatabase extends SqlDatabase {
  /** Statements run so far; each one of a batch counts. */
  readonly statements: number
}

export function countStatements(db: SqlDatabase): CountedDatabase {
  let statements = 0
  return {
    get statements() {
      return statements
    },
    query(sql, params) {
      statements++
      return db.query(sql, params)
    },
    batch(list) {
      statements += list.length
      return db.batch(list)
    },
    close: () => db.close(),
  }
}
