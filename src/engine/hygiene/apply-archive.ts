import { moved, type Of, readLive, send, type Work } from './change.ts'
import { isAsSeen } from './plan.ts'

/** Moves records to the recycle bin to which nothing belongs. */
export async function archiveRecords(work: Work, object: string, operations: Of<'archive'>[]): Promise<void> {
  const { api, ctx, applied } = work
  const names = [...new Set(operations.flatMap(({ seen, crmId }) => Object.keys(seen[crmId] ?? {})))]
  const crmIds = operations.map(({ crmId }) => crmId)
  const live = await readLive(work, object, crmIds, names)
  const occupied = await withChildren(work, object, crmIds)
  const ready = operations.filter(({ id, crmId, seen }) => {
    const record = live.get(crmId)
    if (!record) {
      applied.already++
      return false
    }
    const isSame = isAsSeen(record.fields, seen[crmId] ?? {}, work.written.get(`${object} ${crmId}`))
    const why = record.movedTo
      ? moved(record)
      : occupied.has(crmId)
        ? 'contacts or deals belong to it now'
        : isSame
          ? undefined
          : 'it has changed since'
    if (why) applied.stale.push({ id, why })
    return why === undefined
  })
  if (!api.archive) return
  await send(work, ready, async () => {
    const results = await api.archive!(ctx, { object, crmIds: ready.map(({ crmId }) => crmId) })
    return results.map((result) => (result.status === 'failed' ? result.error : undefined))
  })
}

/** Accounts that contacts or deals belong to. */
async function withChildren(
  { api, inventory, ctx, layouts }: Work,
  object: string,
  crmIds: string[],
): Promise<Set<string>> {
  const occupied = new Set<string>()
  if (layouts.get(object)?.spec.kind !== 'account') return occupied
  for (const child of layouts.values()) {
    const field = child.spec.fields.account
    if (field === undefined || !child.has.has('account')) continue
    if (child.spec.accountBy === 'association') {
      const found = await api.links!.read(ctx, { object, to: child.object, crmIds })
      for (const [id, others] of found) if (others.length > 0) occupied.add(id)
    } else {
      const found = await inventory.find(ctx, {
        object: child.object,
        field,
        values: crmIds,
        fields: [field],
      })
      for (const { fields } of found) occupied.add(String(fields[field]))
    }
  }
  return occupied
}
