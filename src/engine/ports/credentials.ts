import type { Instant } from '#model'

/** A credential that the hub was given at run time, unreadable without its key. */
export interface CredentialRow {
  connection: string
  sealed: string
  updatedAt: Instant
}

export interface CredentialPort {
  get(connection: string): Promise<CredentialRow | undefined>
  list(): Promise<CredentialRow[]>
  /** Replaces what is kept for the connection; with `ifSealed` only while that is what is kept. True when it was stored. */
  put(row: CredentialRow & { ifSealed?: string }): Promise<boolean>
  /** True where there was one. */
  remove(connection: string): Promise<boolean>
}
