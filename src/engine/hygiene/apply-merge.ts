import { reportOf } from '#kit'
import { changeOf, type Of, readLive, type Work } from './change.ts'
import { isAsSeen } from './plan.ts'

/** One loser after the other, since each merge may give the survivor another id. */
export async function mergeRecords(work: Work, object: string, operation: Of<'merge'>): Promise<void> {
  const { applied, ctx, deps } = work
  const { merge } = work.inventory
  const { id, crmId, losers, seen } = operation
  const names = [...new Set(Object.values(seen).flatMap((fields) => Object.keys(fields)))]
  const live = await readLive(work, object, [crmId, ...losers], names)
  const kept = live.get(crmId)
  // After a merge that was cut short the survivor may have another id.
  let winner = kept?.movedTo ?? crmId
  const left = losers.filter((loser) => live.get(loser)?.movedTo !== winner)
  const isBegun = left.length < losers.length
  const changed = [crmId, ...left].find((one) => {
    const record = live.get(one)
    if (!record || (record.movedTo && one !== crmId)) return true
    // What has been merged already has filled the survivor's gaps.
    if (one === crmId && isBegun) return false
    return !isAsSeen(record.fields, seen[one] ?? {}, work.written.get(`${object} ${one}`))
  })
  if (typeof merge !== 'function' || changed !== undefined || (kept?.movedTo && !isBegun)) {
    applied.stale.push({ id, why: `${changed ?? crmId} has changed since, or is gone` })
    return
  }
  if (left.length === 0) {
    applied.already++
    return
  }
  for (const loser of left) {
    const [seq] = await deps.store.crmChanges.begin(
      [changeOf(work, { object, crmId: loser, kind: 'merge', into: winner })],
      deps.clock.now(),
    )
    const result = await merge(ctx, { object, winner, loser })
    const error = result.status === 'failed' ? reportOf(result.error) : undefined
    await deps.store.crmChanges.finish([{ seq: seq!, ...(error ? { error } : {}) }])
    if (error) {
      applied.failed.push({ id, error })
      return
    }
    if (result.status === 'merged') winner = result.crmId
  }
  applied.done.merge++
}
