import * as z from 'zod'

const text = z.string().nullish()

/** @see https://developer-specs.company-information.service.gov.uk/companies-house-public-data-api/resources/companysearch */
export const Found = z.looseObject({
  title: z.string(),
  company_number: z.string(),
  company_status: text,
  company_type: text,
  date_of_creation: text,
  address: z
    .looseObject({
      premises: text,
      address_line_1: text,
      address_line_2: text,
      locality: text,
      region: text,
      postal_code: text,
    })
    .nullish(),
})
export type Found = z.infer<typeof Found>
export const Search = z.looseObject({ items: z.array(Found).nullish() })

/** @see https://developer-specs.company-information.service.gov.uk/companies-house-public-data-api/resources/list */
export const Owner = z.looseObject({
  kind: text,
  name: text,
  ceased_on: text,
  natures_of_control: z.array(z.string()).nullish(),
  identification: z.looseObject({ registration_number: text, country_registered: text }).nullish(),
})
export type Owner = z.infer<typeof Owner>
export const Owners = z.looseObject({ items: z.array(Owner).nullish() })

const MAJORITY =
  /^(?:ownership-of-shares|voting-rights|right-to-share-surplus-assets)-(?:50-to-75|75-to-100)-percent/
const BRITISH = /united kingdom|england|wales|scotland|northern ireland|great britain|^uk$/i

/** The company that holds more than half of another one today. */
export const isMajority = ({ kind, ceased_on, natures_of_control }: Owner): boolean =>
  (kind ?? '').startsWith('corporate-entity') &&
  !ceased_on &&
  (natures_of_control ?? []).some((nature) => MAJORITY.test(nature))

/** Numbers have eight characters; leading zeros are often left out. Undefined for registers of other countries. */
export function numberOf({ identification }: Owner): string | undefined {
  const number = identification?.registration_number?.trim().toUpperCase() ?? ''
  if (!BRITISH.test(identification?.country_registered ?? '') || !/^[A-Z]{0,2}\d{1,8}$/.test(number))
    return undefined
  const [, prefix = '', digits = ''] = /^([A-Z]*)(\d+)$/.exec(number) ?? []
  return prefix + digits.padStart(8 - prefix.length, '0')
}
