/**
 * What the tests use of workerd's modules. The packages' own declarations bring the whole global scope of Workers with
 * them, which would take the place of Node's in every file.
 */
declare module 'cloudflare:workers' {
  import type { EmbeddedFiles } from '../../src/worker/settings.ts'
  import type { WorkerEnv } from '../../src/worker.ts'

  export const env: WorkerEnv & { FILES: EmbeddedFiles; MIGRATIONS: unknown[] }
  export const exports: { default: { fetch(url: string, init?: RequestInit): Promise<Response> } }
}

declare module 'cloudflare:test' {
  import type {
    D1Database,
    ExecutionContext,
    MessageBatch,
    ScheduledController,
  } from '@cloudflare/workers-types'

  export function applyD1Migrations(db: D1Database, migrations: unknown[]): Promise<void>
  export function createExecutionContext(): ExecutionContext
  export function waitOnExecutionContext(ctx: ExecutionContext): Promise<void>
  export function createScheduledController(): ScheduledController
  export function createMessageBatch<Body>(
    queue: string,
    messages: { id: string; timestamp: number; attempts: number; body: Body }[],
  ): MessageBatch<Body>
}
