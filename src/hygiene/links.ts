import { companyDomain } from '../identity/mail-domains.ts'
import { type CrmRecord, type Issue, isOpenDeal, isTrue, type Surroundings, textOf } from './record.ts'

/** Records that belong to nobody. Accounts without contacts are known when all contacts have been read. */
export function checkLinks(record: CrmRecord, around: Surroundings): Issue[] {
  const isLost = record.kind === 'deal' && !isOpenDeal(record) && !isTrue(record, 'is_won')
  if (isLost || record.kind === 'account' || record.kind === 'lead') return []
  const issues: Issue[] = []
  if (record.has.has('account') && record.values.account === undefined)
    issues.push({ check: `${record.kind}.no_account`, attribute: 'account', ...linked(record, around) })
  if (record.kind === 'deal' && record.contacts === 0) issues.push({ check: 'deal.no_contact' })
  return issues
}

function linked(record: CrmRecord, around: Surroundings): Partial<Issue> {
  const domain = record.kind === 'contact' ? companyDomain(textOf(record, 'email') ?? '') : undefined
  const account = domain === undefined ? undefined : around.accountOfDomain(domain)
  if (account === undefined) return {}
  return { note: `one company has ${domain}: ${account}`, fix: { kind: 'reassign', set: { account } } }
}

/** Owners who are gone; records of queues and teams have owners that are no users. */
export function checkOwner(record: CrmRecord, around: Surroundings): Issue[] {
  const id = textOf(record, 'owner')
  const user = id === undefined ? undefined : around.users.get(id)
  if (user === undefined || user.isActive) return []
  const next = [around.account(textOf(record, 'account') ?? '')?.owner, around.settings.reassignTo].find(
    (one) => one !== undefined && around.users.get(one)?.isActive,
  )
  return [
    {
      check: 'owner.inactive',
      attribute: 'owner',
      value: id,
      note: `${user.name} is not active`,
      ...(next === undefined ? {} : { fix: { kind: 'reassign' as const, set: { owner: next } } }),
    },
  ]
}
