import { ConfigError, didYouMean } from '#kit'
import { WRITTEN_FIELDS, type WrittenField } from '../../identity/match/index.ts'
import { fieldsOf, squash } from '../../tabular/fields.ts'

export interface ColumnOptions {
  /** Field → header, where the header alone does not say it. */
  map: Record<string, string>
  entity?: string | undefined
}

export interface LabelledColumns {
  fields: Map<WrittenField, number>
  id: number | undefined
  entity: number
  unused: string[]
}

const { company, domain, ...PEOPLE } = fieldsOf('contacts')

/** Headers of what imports do not read; the others are those of `tributary import`. */
const HEADERS: { [F in WrittenField]?: readonly string[] } = {
  ...Object.fromEntries(Object.entries(PEOPLE).map(([field, { headers }]) => [field, headers])),
  company_name: company!.headers,
  website: domain!.headers,
  id_number:
    'idnumber nationalid nationalidnumber personalnumber socialsecuritynumber socialsecurityid ssn taxid passportnumber'.split(
      ' ',
    ),
  birth_date: 'birthdate dateofbirth dob birthday geburtsdatum datedenaissance fechadenacimiento'.split(' '),
  street_number: 'streetnumber housenumber streetno hausnummer'.split(' '),
  street_2: 'street2 address2 addressline2 addresssupplement locality'.split(' '),
}
const ENTITIES = ['entity', 'entityid', 'cluster', 'clusterid', 'trueid', 'truth', 'uniqueid']

/** Finds the columns of a labelled table: as told, else by their headers. Throws csv.missing_column. */
export function findColumns(header: readonly string[], { map, entity }: ColumnOptions): LabelledColumns {
  const names = header.map(squash)
  const at = (wanted: string): number => {
    const index = header.indexOf(wanted) >= 0 ? header.indexOf(wanted) : names.indexOf(squash(wanted))
    if (index < 0) throw missing(`There is no column "${wanted}"`, header)
    return index
  }
  const fields = new Map<WrittenField, number>()
  for (const [field, wanted] of Object.entries(map)) {
    if (!isField(field))
      throw new ConfigError(
        'csv.missing_column',
        `There is no field "${field}".${didYouMean(field, WRITTEN_FIELDS)} Fields are: ${WRITTEN_FIELDS.join(', ')}`,
      )
    fields.set(field, at(wanted))
  }
  const labels = entity === undefined ? names.findIndex((name) => ENTITIES.includes(name)) : at(entity)
  if (labels < 0) throw missing('Name the column that tells who each record really is with --entity', header)
  const taken = new Set([...fields.values(), labels])
  for (const field of WRITTEN_FIELDS) {
    if (fields.has(field)) continue
    const known = [squash(field), ...(HEADERS[field] ?? [])]
    const index = known.map((name) => names.indexOf(name)).find((found) => found >= 0 && !taken.has(found))
    if (index === undefined) continue
    fields.set(field, index)
    taken.add(index)
  }
  if (fields.size === 0) throw missing('No column is known', header)
  const id = ['id', ...PEOPLE.id!.headers].map((name) => names.indexOf(name)).find((index) => index >= 0)
  return { fields, id, entity: labels, unused: header.filter((_, i) => !taken.has(i) && i !== id) }
}

const isField = (name: string): name is WrittenField => (WRITTEN_FIELDS as readonly string[]).includes(name)

const missing = (problem: string, header: readonly string[]): ConfigError =>
  new ConfigError('csv.missing_column', `${problem}. The file has: ${header.join(', ') || 'no headers'}`)
