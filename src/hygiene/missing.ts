import type { RecordAttribute, RecordKind } from '#kit'
import { type CrmRecord, type Issue, isOpenDeal, isTrue } from './record.ts'

/** Fields without which a record is of little use; of several in one line any will do. */
const KEY_FIELDS: Record<RecordKind, readonly (readonly RecordAttribute[])[]> = {
  account: [['name'], ['website'], ['phone'], ['industry'], ['country'], ['owner']],
  contact: [['first_name'], ['last_name'], ['email'], ['phone', 'mobile'], ['title'], ['country'], ['owner']],
  lead: [
    ['first_name'],
    ['last_name'],
    ['email'],
    ['phone', 'mobile'],
    ['company'],
    ['title'],
    ['country'],
    ['owner'],
  ],
  deal: [['name'], ['owner']],
}

/** Wanted of deals that are under way or won. */
const OF_DEALS: readonly RecordAttribute[] = ['amount', 'close_at']

export function checkMissing(record: CrmRecord): Issue[] {
  const isLost = record.kind === 'deal' && !isOpenDeal(record) && !isTrue(record, 'is_won')
  const wanted = [
    ...KEY_FIELDS[record.kind],
    ...(record.kind === 'deal' && !isLost ? OF_DEALS.map((one) => [one]) : []),
  ]
  return wanted.flatMap((attributes): Issue[] => {
    const known = attributes.filter((attribute) => record.has.has(attribute))
    if (known.length === 0 || known.some((attribute) => record.values[attribute] !== undefined)) return []
    return [{ check: `missing.${known[0]}`, attribute: known[0]! }]
  })
}
