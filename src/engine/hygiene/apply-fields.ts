import type { LiveRecord } from '#kit'
import { sameValue } from '../deciding/same-value.ts'
import { type FieldOperation, GONE, moved, readLive, send, type Work } from './change.ts'

/** Writes fields that still hold what the plan saw. */
export async function writeFields(work: Work, object: string, operations: FieldOperation[]): Promise<void> {
  const { applied } = work
  const names = [...new Set(operations.flatMap(({ fields }) => Object.keys(fields)))]
  const live = await readLive(
    work,
    object,
    operations.map(({ crmId }) => crmId),
    names,
  )
  const ready = operations.filter((operation) => {
    const record = live.get(operation.crmId)
    const why = !record ? GONE : record.movedTo ? moved(record) : changedSince(operation, record)
    if (why) applied.stale.push({ id: operation.id, why })
    return why === undefined
  })
  const pending = ready.filter(({ crmId, fields }) =>
    Object.entries(fields).some(([name, { after }]) => !sameValue(live.get(crmId)!.fields[name], after)),
  )
  applied.already += ready.length - pending.length
  for (const operation of ready) remember(work, object, operation)
  await send(work, pending, async () => {
    const results = await work.api.upsert(
      work.ctx,
      object,
      pending.map(({ id, crmId, fields }) => ({
        id,
        // Written by CRM id: our key is neither needed nor stored.
        externalId: crmId,
        crmId,
        fields: Object.fromEntries(Object.entries(fields).map(([name, { after }]) => [name, after])),
      })),
    )
    return results.map((result) => (result.status === 'failed' ? result.error : undefined))
  })
}

/** Somebody has been there: neither the value of then nor the one that is wanted. */
function changedSince({ fields }: FieldOperation, live: LiveRecord): string | undefined {
  for (const [name, { before, after }] of Object.entries(fields)) {
    const now = live.fields[name]
    if (!sameValue(now, before) && !sameValue(now, after))
      return `${name} is ${JSON.stringify(now ?? null)} now, not ${JSON.stringify(before)}`
  }
  return undefined
}

function remember({ written }: Work, object: string, { crmId, fields }: FieldOperation): void {
  const key = `${object} ${crmId}`
  const values = Object.fromEntries(Object.entries(fields).map(([name, { after }]) => [name, after]))
  written.set(key, { ...written.get(key), ...values })
}
