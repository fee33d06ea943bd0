import type { RecordAttribute } from '#kit'
import { latin } from '../identity/normalise/index.ts'
import { type CrmRecord, type Issue, type Surroundings, textOf } from './record.ts'

const LISTED: readonly RecordAttribute[] = [
  'industry',
  'lifecycle',
  'stage',
  'status',
  'source',
  'country',
  'region',
]

/** Values that are in no list of the CRM: of an option that is gone, or written past the user interface. */
export function checkLists(record: CrmRecord, around: Surroundings): Issue[] {
  return LISTED.flatMap((attribute): Issue[] => {
    const value = textOf(record, attribute)
    const list = around.listOf(record.object, attribute)
    if (value === undefined || list === undefined || list.has(value)) return []
    const meant = [...list].filter((option) => keyOf(option) === keyOf(value))
    return [
      {
        check: 'value.not_in_list',
        attribute,
        value,
        ...(meant.length === 1 ? { fix: { kind: 'standardise', set: { [attribute]: meant[0]! } } } : {}),
      },
    ]
  })
}

const keyOf = (text: string): string => latin(text).replace(/[^\p{L}\p{N}]+/gu, '')
