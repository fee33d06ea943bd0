import type { CredentialPort, CredentialRow } from '../engine/ports.ts'
import { type SqlDatabase, statement } from './sql-database.ts'

const ROWS = 'SELECT connection, sealed, updated_at AS "updatedAt" FROM credentials'

const PUT = `
  INSERT INTO credentials (connection, sealed, updated_at) SELECT ?1, ?2, ?3
  WHERE ?4 IS NULL OR EXISTS (SELECT 1 FROM credentials WHERE connection = ?1 AND sealed = ?4)
  ON CONFLICT (connection) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at
  RETURNING connection`

export function createCredentials(db: SqlDatabase): CredentialPort {
  return {
    async get(connection) {
      const [row] = await db.query<CredentialRow>(`${ROWS} WHERE connection = ?1`, [connection])
      return row
    },
    list: () => db.query<CredentialRow>(`${ROWS} ORDER BY connection`),
    async put({ connection, sealed, updatedAt, ifSealed }) {
      const [result] = await db.batch([statement(PUT, connection, sealed, updatedAt, ifSealed ?? null)])
      return result?.rows.length === 1
    },
    async remove(connection) {
      const [result] = await db.batch([
        statement('DELETE FROM credentials WHERE connection = ?1 RETURNING connection', connection),
      ])
      return result?.rows.length === 1
    },
  }
}
