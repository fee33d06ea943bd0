import type { Values } from './attributes.ts'
import { prepareValues, type WrittenField } from './prepare.ts'

/** Attributes of a person that tell who it is: a claim of none of them changes nothing about whom they are compared with. */
export const MATCHED_FIELDS = [
  'email',
  'first_name',
  'last_name',
  'full_name',
  'phone',
  'company_name',
  'street',
  'city',
  'region',
  'postal_code',
  'country',
] as const satisfies readonly WrittenField[]

/** A golden person in the form in which people are compared. */
export const valuesOfPerson = (golden: Readonly<Record<string, unknown>>): Values =>
  prepareValues(
    Object.fromEntries(
      MATCHED_FIELDS.flatMap((field) => {
        const value = golden[field]
        return typeof value === 'string' ? [[field, value]] : []
      }),
    ),
  )
