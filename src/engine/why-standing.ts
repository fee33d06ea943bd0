import type { EngineDeps } from './deps.ts'
import { itemOf } from './mappings/try-mappings.ts'
import type { StoredEmployer } from './ports.ts'
import { loadOptions, loadSubjects } from './project.ts'
import { classifierOf } from './projecting/classify.ts'
import { INHERITED } from './projecting/standing.ts'
import type { EntityFacts } from './projecting/views.ts'

/** First names of what an account is among others, below `account`. */
const STANDING = [...INHERITED, 'rollup']

/** What decided about a value that no source states: a rule, a claim, a name. Undefined where it is none of these. */
export async function becauseOf(
  deps: EngineDeps,
  path: string,
  { account, person }: { account: string | undefined; person: EntityFacts | undefined },
): Promise<string | undefined> {
  const [scope, name = ''] = path.split('.')
  const isMatch = (scope === 'person' && name === 'account_match') || path === 'account.id'
  if (isMatch && person?.employer) return employerText(person, person.employer)
  if (scope === 'person' && name === 'household' && person?.household)
    return `shares family name and address with ${person.household.members - 1} more, of whom nobody has a company`
  if (scope !== 'account' || !account || !STANDING.includes(name)) return undefined
  const now = deps.clock.now()
  const { subjects, facts } = await loadSubjects(
    deps,
    'account',
    [itemOf('account', account)],
    loadOptions([], now),
  )
  const [subject] = subjects
  const standing = subject && facts.get(subject.entity)?.standing
  if (!standing) return undefined
  const { claim, parent, ultimate, children, total } = standing
  switch (name) {
    case 'parent':
      return parent ? claim && `said by ${claim.ref}` : claim && `${claim.ref} would close a circle`
    case 'ultimate_parent':
      return ultimate && claim && `above ${parent?.name ?? parent?.id}, said by ${claim.ref}`
    case 'children':
    case 'rollup':
      return `${children} accounts directly below, ${total.accounts} in all with this one`
    default: {
      const verdict = classifierOf(deps)?.classify(subject.view)
      return verdict?.because[name as keyof typeof verdict.because]
    }
  }
}

function employerText({ golden }: EntityFacts, employer: StoredEmployer): string {
  const name = JSON.stringify(golden.values.company_name)
  return 'account' in employer
    ? `the employer ${name} is ${employer.account} by ${employer.method}, confidence ${employer.confidence}`
    : `the employer ${name} may be ${employer.candidates.join(' or ')}, confidence ${employer.confidence}: nobody is chosen`
}
