import { checkActivity } from './activity.ts'
import { checkLinks, checkOwner } from './links.ts'
import { checkLists } from './lists.ts'
import { checkMail, checkMailing } from './mail.ts'
import { checkMissing } from './missing.ts'
import { checkNames } from './names.ts'
import { checkPhones } from './phones.ts'
import { checkPlace, checkWebsite } from './places.ts'
import { type CrmRecord, type Issue, isPerson, type Surroundings } from './record.ts'

export * from './accounts.ts'
export * from './activity.ts'
export * from './catalogue.ts'
export * from './duplicates.ts'
export { countryOf } from './phones.ts'
export * from './record.ts'

/** Everything that is wrong with one record by itself, and beside the account that it belongs to. */
export function checkRecord(record: CrmRecord, around: Surroundings): Issue[] {
  const issues = [
    ...checkNames(record),
    ...(isPerson(record) ? [...checkMail(record, around), ...checkMailing(record)] : []),
    ...(record.kind === 'deal' ? [] : [...checkPhones(record, around), ...checkPlace(record)]),
    ...checkWebsite(record),
    ...checkLists(record, around),
    ...checkMissing(record),
    ...checkLinks(record, around),
    ...checkOwner(record, around),
    ...checkActivity(record, around),
  ]
  // A country that is in no list of the CRM is one issue, not two.
  const listed = new Set(
    issues.flatMap(({ check, attribute }) => (check === 'value.not_in_list' ? [attribute] : [])),
  )
  return issues.filter(
    ({ check, attribute }) =>
      check === 'value.not_in_list' || !listed.has(attribute) || attribute === undefined,
  )
}
