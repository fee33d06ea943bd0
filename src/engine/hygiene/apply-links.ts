import { GONE, type LinkOperation, moved, readLive, send, type Work } from './change.ts'

/** Associates records that belong to nobody, or takes that back. */
export async function changeLinks(work: Work, object: string, operations: LinkOperation[]): Promise<void> {
  const { api, ctx, applied } = work
  for (const [to, group] of Map.groupBy(operations, ({ link }) => link.object)) {
    const found = await api.links!.read(ctx, { object, to, crmIds: group.map(({ crmId }) => crmId) })
    const live = await readLive(
      work,
      object,
      group.map(({ crmId }) => crmId),
      [],
    )
    const pending = group.filter((operation) => {
      const { id, crmId, link } = operation
      const now = (found.get(crmId) ?? []).map((one) => one.crmId)
      const record = live.get(crmId)
      if (!record || record.movedTo) applied.stale.push({ id, why: record ? moved(record) : GONE })
      else if (link.after !== null ? now.includes(link.after) : !now.includes(link.before!)) applied.already++
      else if (link.after !== null && now.length > 0)
        applied.stale.push({ id, why: `it belongs to ${now.join(', ')} now` })
      else return true
      return false
    })
    for (const how of ['add', 'remove'] as const) {
      const own = pending.filter(({ link }) => (link.after === null ? 'remove' : 'add') === how)
      await send(work, own, async () => {
        const pairs = own.map(({ crmId, link }) => ({ from: crmId, to: (link.after ?? link.before)! }))
        await api.links!.change(ctx, { object, to, how, pairs })
        return own.map(() => undefined)
      })
    }
  }
}
