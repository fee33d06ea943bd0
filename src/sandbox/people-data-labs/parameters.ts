/** Parameters that identify somebody, per endpoint; at least one is needed. */
const INPUTS = {
  company: ['website', 'name', 'profile', 'ticker', 'pdl_id'],
  person: [
    'email',
    'phone',
    'profile',
    'email_hash',
    'lid',
    'name',
    'company',
    'school',
    'location',
    'first_name',
    'last_name',
  ],
} as const
const OPTIONS = [
  'titlecase',
  'pretty',
  'min_likelihood',
  'data_include',
  'required',
  'api_key',
  'include_if_matched',
]
const ENOUGH_ALONE = {
  company: INPUTS.company,
  person: ['email', 'phone', 'profile', 'email_hash', 'lid'],
} as const

export type Endpoint = keyof typeof INPUTS

/** What is wrong with a query, in PDL's words for a 400; undefined where it is fine. */
export function parameterProblem(endpoint: Endpoint, query: URLSearchParams): string | undefined {
  const known: readonly string[] = [...INPUTS[endpoint], ...OPTIONS]
  for (const name of query.keys()) {
    if (!known.includes(name)) return `Unknown parameter: ${name}`
    if (query.get(name) === '') return `Parameter is blank: ${name}`
  }
  const enough: readonly string[] = ENOUGH_ALONE[endpoint]
  if (!enough.some((name) => query.has(name))) {
    return `Request contained either missing or invalid parameters: one of ${enough.join(', ')} is needed`
  }
  const likelihood = query.get('min_likelihood')
  if (likelihood !== null && !/^(?:10|[0-9])$/.test(likelihood))
    return 'min_likelihood must be an integer from 0 to 10'
  const titlecase = query.get('titlecase')
  if (titlecase !== null && !/^(?:true|false)$/i.test(titlecase)) return 'titlecase must be a boolean'
  return undefined
}

/** `https://www.Acme.de/x` and `acme.de` are one website. */
export const websiteKey = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/^www\./, '')
    .replace(/[/?#].*$/, '')

const VERBATIM = /(_url|^id|website|email|emails)$/

/** `titlecase=true`: every word of every text but addresses and ids, nested ones too. */
export function titlecased(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    return VERBATIM.test(name)
      ? value
      : value.replace(
          /(^|[\s(/-])(\p{L})/gu,
          (_, before: string, letter: string) => before + letter.toUpperCase(),
        )
  }
  if (Array.isArray(value)) return value.map((item) => titlecased(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, titlecased(item, key)]))
}

/** `data_include`: a list of fields to return, or to leave out where they begin with a minus. */
export function included(profile: Record<string, unknown>, list: string | null): Record<string, unknown> {
  if (list === null) return profile
  const names = list.split(',').map((name) => name.trim())
  const omitted = names.filter((name) => name.startsWith('-')).map((name) => name.slice(1))
  const kept = names.filter((name) => !name.startsWith('-'))
  return Object.fromEntries(
    Object.entries(profile).filter(
      ([name]) => !omitted.includes(name) && (kept.length === 0 || kept.includes(name)),
    ),
  )
}
