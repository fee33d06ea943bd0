import type { Contribution, Deal, Identifier, Touchpoint } from '#model'

/** Whom a sale is about; empty where the CRM does not say. */
export interface DealSubject {
  person?: Identifier[]
  account?: Identifier[]
}

/**
 * A sale of a CRM as its document, and as what happened to the person or account: made, moved from stage to stage, won or
 * lost. What became of our own is told by the documents that we made it of.
 */
export function contributeDeal(deal: Deal, about: DealSubject): Contribution[] {
  const happenings = deal.is_ours || !(about.person || about.account) ? [] : touchpointsOf(deal)
  return [
    { type: 'document', ...about, document: deal },
    ...happenings.map((touchpoint): Contribution => ({ type: 'touchpoint', ...about, touchpoint })),
  ]
}

function touchpointsOf(deal: Deal): Touchpoint[] {
  const shared = {
    channel: 'other' as const,
    direction: 'outbound' as const,
    ...(deal.title ? { title: deal.title } : {}),
    ...(deal.amount ? { amount: deal.amount } : {}),
  }
  return [
    { kind: 'deal.created', occurred_at: deal.created_at, ...shared },
    ...deal.stages.slice(1).map(({ stage, at }, index): Touchpoint => {
      const isLast = index === deal.stages.length - 2
      const kind = isLast && deal.status !== 'open' ? `deal.${deal.status}` : 'deal.stage_changed'
      return { kind, slot: `${stage}@${at}`, occurred_at: at, ...shared, props: { stage } }
    }),
  ]
}
