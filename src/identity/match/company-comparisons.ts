import type { Attribute, Values } from './attributes.ts'
import { compareNames, type NameLevel } from './company-names.ts'
import { COMPARISONS, type Comparison, UNKNOWN } from './comparisons.ts'

type Levels = [name: string, m: number, u: number][]

function comparison(
  attribute: Attribute,
  levels: Levels,
  compare: (a: string, b: string, values: [Values, Values]) => number,
): Comparison {
  return {
    attribute,
    levels: levels.map(([name, m, u]) => ({ name, m, u })),
    byFrequency: false,
    compare: (a, b) => {
      const [x, y] = [a[attribute], b[attribute]]
      return x === undefined || y === undefined ? UNKNOWN : compare(x, y, [a, b])
    },
  }
}

const exact = (attribute: Attribute, m: number, u: number): Comparison =>
  comparison(
    attribute,
    [
      ['equal', m, u],
      ['different', 1 - m, 1 - u],
    ],
    (a, b) => (a === b ? 0 : 1),
  )

/** In the order of strength, as far as it is one; u as in a base of companies of all countries. */
const NAME_LEVELS: [NameLevel, number, number][] = [
  ['equal', 0.4, 1e-6],
  ['equal, short', 0.3, 5e-6],
  ['equal, common', 0.03, 1e-4],
  ['close', 0.1, 2e-5],
  ['part', 0.04, 4e-3],
  ['other unit', 1e-6, 1e-4],
  ['shared word', 0.02, 2e-2],
  ['different', 0.109999, 0.975774],
]

const name = comparison('name', NAME_LEVELS, (a, b) => {
  const level = compareNames(a, b)
  return NAME_LEVELS.findIndex(([one]) => one === level)
})

/** Where one side has a name only and the other a web address only: `Acme Widgets` and acmewidgets.de. */
const label = comparison(
  'label',
  [
    ['equal', 0.3, 2e-6],
    ['equal, short', 0.1, 3e-5],
    ['different', 0.6, 0.999968],
  ],
  (x, y, [a, b]) => {
    const name = a.name === undefined ? b.name : b.name === undefined ? a.name : undefined
    if (name === undefined || (a.domain === undefined) === (b.domain === undefined)) return UNKNOWN
    if (x !== y) return 2
    return compareNames(name, name) === 'equal' ? 0 : 1
  },
)

const CONTAINED = 4

/** Companies of one domain are one already, as far as sources name it; so these are rather those of two. */
const domain = comparison(
  'domain',
  [
    ['equal', 0.1, 1e-6],
    ['other ending', 0.4, 1e-5],
    ['one in the other', 0.1, 1e-3],
    ['different', 0.4, 0.99899],
  ],
  (x, y, [{ label: a = x }, { label: b = y }]) => {
    if (x === y) return 0
    if (a === b) return 1
    const [short, long] = a.length <= b.length ? [a, b] : [b, a]
    return short.length >= CONTAINED && long.includes(short) ? 2 : 3
  },
)

const EXTENSION_DIGITS = 3
const SWITCHBOARD_DIGITS = 8

const phone = comparison(
  'phone',
  [
    ['equal', 0.6, 3e-6],
    ['one switchboard', 0.1, 3e-6],
    ['different', 0.3, 0.999994],
  ],
  (a, b) => {
    if (a === b) return 0
    const stem = a.slice(0, -EXTENSION_DIGITS)
    const isExtension =
      stem.length > SWITCHBOARD_DIGITS && b.startsWith(stem) && Math.abs(a.length - b.length) < 2
    return isExtension ? 1 : 2
  },
)

/** A company has a VAT id in every country in which it sells: two of different countries say nothing. */
const vatId = comparison(
  'vat_id',
  [
    ['equal', 0.9, 1e-7],
    ['different', 1e-6, 1],
  ],
  (a, b) => (a === b ? 0 : a.slice(0, 2) === b.slice(0, 2) ? 1 : UNKNOWN),
)

/** Registers count each for itself. */
const companyNumber = comparison(
  'company_number',
  [
    ['equal', 0.9, 1e-6],
    ['different', 1e-6, 1],
  ],
  (x, y, [a, b]) => (a.country !== b.country ? UNKNOWN : x === y ? 0 : 1),
)

const ADDRESS: readonly Attribute[] = ['street_number', 'street', 'city', 'region', 'postal_code']

export const COMPANY_COMPARISONS: readonly Comparison[] = [
  name,
  exact('legal_form', 0.9, 0.35),
  label,
  domain,
  phone,
  exact('linkedin', 0.9, 1e-6),
  comparison(
    'lei',
    [
      ['equal', 0.999999, 1e-9],
      ['different', 1e-6, 1],
    ],
    (a, b) => (a === b ? 0 : 1),
  ),
  vatId,
  companyNumber,
  ...COMPARISONS.filter(({ attribute }) => ADDRESS.includes(attribute)),
  exact('country', 0.9, 0.3),
]
