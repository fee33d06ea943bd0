import { type LabelledRecord, prepareValues, type WrittenField } from '../../../src/identity/match/index.ts'
import { randomNumbers } from '../../../src/identity/match/random.ts'

type Written = { [F in WrittenField]?: string }

const words = (text: string): string[] => text.split(' ')
const GIVEN = words(
  'anna ben carla david elena farid grace hugo ines jonas karim lena marco nadia omar petra quentin rosa samir tanja ulrich vera walid xenia yusuf zoe mira lukas paula tariq',
)
const FAMILY = words(
  'adler baker conti dubois ekström fischer garcía haddad ivanova jansen khan lehmann moreau novak olsen petrov quinn rossi schmidt tanaka ulloa vogel weber yilmaz zhang becker arslan brandt silva costa',
)
const STREETS = words(
  'oak elm mill station church garden river lake hill bridge market castle forest meadow harbour',
)
const CITIES = words('northfield westbrook ashton kingsley redhill fairview')

/**
 * Invented people with duplicates as CRMs have them: typing errors, names in each other's place, moved, another mailbox,
 * missing fields. Every fifth person shares family name, home and telephone with the one before.
 */
export function inventPeople(count: number, seed: number): LabelledRecord[] {
  const random = randomNumbers(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const digits = (n: number) => Array.from({ length: n }, () => Math.floor(random() * 10)).join('')
  const slip = (text: string): string => {
    const at = Math.floor(random() * (text.length - 1))
    return random() < 0.5
      ? text.slice(0, at) + text.slice(at + 1)
      : text.slice(0, at) + pick(GIVEN)[0] + text.slice(at + 1)
  }
  const home = () => ({
    phone: `+4930${digits(7)}`,
    street: `${1 + Math.floor(random() * 99)} ${pick(STREETS)} street`,
    city: pick(CITIES),
    postal_code: digits(5),
  })
  const records: LabelledRecord[] = []
  let before: Written = {}
  for (let n = 0; n < count; n++) {
    const first_name = pick(GIVEN)
    const shared = n % 5 === 4 ? before : { last_name: pick(FAMILY), ...home() }
    const last_name = shared.last_name!
    const person: Written = {
      ...shared,
      first_name,
      email: `${first_name}.${last_name.normalize('NFD').replace(/\p{M}/gu, '')}${n}@example${n % 7}.org`,
      birth_date: `19${40 + Math.floor(random() * 59)}-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}`,
    }
    before = person
    const add = (written: Written) =>
      records.push({ id: `r${records.length}`, entity: `p${n}`, values: prepareValues(written) })
    add(person)
    for (let copies = Math.floor(random() * 3); copies > 0; copies--) {
      const copy: Written = { ...person }
      if (random() < 0.3) copy.first_name = slip(first_name)
      if (random() < 0.3) copy.last_name = slip(last_name)
      if (random() < 0.1) [copy.first_name, copy.last_name] = [copy.last_name!, copy.first_name!]
      if (random() < 0.3) Object.assign(copy, home())
      if (random() < 0.4) copy.email = random() < 0.5 ? '' : `${first_name}${n}@other.example`
      if (random() < 0.3) copy.birth_date = ''
      if (random() < 0.3) copy.phone = ''
      add(copy)
    }
  }
  return records
}
