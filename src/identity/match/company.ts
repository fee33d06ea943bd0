import { parse } from 'tldts'
import { domainInName } from '../employer.ts'
import { latin, readCompany } from '../normalise/index.ts'
import { isPlaceholder } from '../normalise/placeholders.ts'
import { normaliseLei } from '../normalise-identifier.ts'
import type { Attribute, Values } from './attributes.ts'
import { prepareValues, type WrittenField } from './prepare.ts'

/** Attributes of an account that tell which company it is. */
export const MATCHED_ACCOUNT_FIELDS = [
  'name',
  'domain',
  'website',
  'phone',
  'linkedin_url',
  'lei',
  'vat_id',
  'company_number',
  'street',
  'city',
  'region',
  'postal_code',
  'country',
] as const
type Field = (typeof MATCHED_ACCOUNT_FIELDS)[number]

/** As people write them of themselves and as companies do: these are read alike. */
const READ_ALIKE = ['phone', 'street', 'city', 'region', 'postal_code', 'country'] as const satisfies (Field &
  WrittenField)[]
const SHARED = [
  'domain',
  'phone',
  'street_number',
  'street',
  'city',
  'region',
  'postal_code',
  'country',
] as const

/**
 * A golden account in the form in which companies are compared.
 *
 * @param parents bases of the companies that it belongs to by somebody's word
 */
export function valuesOfAccount(
  golden: Readonly<Record<string, unknown>>,
  parents: readonly string[] = [],
): Values {
  const said = (field: Field): string | undefined => {
    const value = golden[field]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const written = said('name')
  const alike = prepareValues({
    ...Object.fromEntries(READ_ALIKE.map((field) => [field, said(field)])),
    website: said('domain') ?? said('website') ?? domainInName(written ?? ''),
  })
  const name = nameOf(written)
  const domain = alike.domain
  const values: { [A in Attribute]?: string | undefined } = {
    ...Object.fromEntries(SHARED.map((attribute) => [attribute, alike[attribute]])),
    name: name?.key,
    legal_form: name?.form,
    label: domain === undefined ? name?.key.replaceAll(' ', '') : labelOf(domain),
    linkedin: /linkedin\.com\/company\/([^/?#]+)/i.exec(said('linkedin_url') ?? '')?.[1]?.toLowerCase(),
    lei: normaliseLei(said('lei') ?? ''),
    vat_id: codeOf(said('vat_id')),
    company_number: codeOf(said('company_number'))?.replace(/^0+/, ''),
    parents: [...new Set(parents)].sort().join(' '),
  }
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  ) as Values
}

/** A partnership and the company that runs it (GmbH & Co. KG, GmbH) bear one name and are two. */
const PARTNERSHIP = /(?:KG|KGaA|OHG)\s*$/i

function nameOf(text: string | undefined): { key: string; form?: string | undefined } | undefined {
  if (text === undefined || domainInName(text) !== undefined) return undefined
  const { grade, value } = readCompany(text)
  if (value === undefined || grade !== 'good' || value.key.length < 2) return undefined
  const { key, legalForm } = value
  return { key, form: legalForm && (PARTNERSHIP.test(text) ? `${legalForm} partnership` : legalForm) }
}

/** What stands before the ending of a domain, without hyphens: `acme` of acme.co.uk. */
const labelOf = (domain: string): string | undefined =>
  parse(domain, { allowPrivateDomains: true }).domainWithoutSuffix?.replaceAll('-', '')

const SHORTEST_CODE = 5

function codeOf(text: string | undefined): string | undefined {
  if (text === undefined || isPlaceholder(text)) return undefined
  const code = latin(text).replace(/[^\p{L}\p{N}]+/gu, '')
  return code.length < SHORTEST_CODE || !/\d/.test(code) || /^0+$/.test(code) ? undefined : code
}
