import { type PandadocDocument, STATUS_CODES } from './documents.ts'

const SORTABLE = [
  'name',
  'date_created',
  'date_status_changed',
  'date_of_last_action',
  'date_modified',
  'date_sent',
  'date_completed',
  'date_expiration',
  'date_declined',
  'status',
]
const MAX_COUNT = 100
const DEFAULT_COUNT = 50

/** Field → complaints, as in the `detail` of a 400. */
export type Complaints = Record<string, string[]>

/** Filters, sorts and cuts out a page as the list endpoint does; complaints where a parameter is not valid. */
export function listDocuments(
  all: PandadocDocument[],
  query: Record<string, string>,
): PandadocDocument[] | Complaints {
  const complaints: Complaints = {}
  const whole = (name: string, fallback: number, least: number, most: number) => {
    const text = query[name]
    if (text === undefined) return fallback
    if (!/^-?\d+$/.test(text)) complaints[name] = ['A valid integer is required.']
    else if (Number(text) < least)
      complaints[name] = [`Ensure this value is greater than or equal to ${least}.`]
    else if (Number(text) > most) complaints[name] = [`Ensure this value is less than or equal to ${most}.`]
    return Number(text)
  }
  const instant = (name: string) => {
    const at = query[name] === undefined ? undefined : Date.parse(query[name])
    if (at !== undefined && Number.isNaN(at)) complaints[name] = ['Datetime has wrong format.']
    return at
  }
  const count = whole('count', DEFAULT_COUNT, 1, MAX_COUNT)
  const page = whole('page', 1, 1, Number.MAX_SAFE_INTEGER)
  const status =
    query.status === undefined ? undefined : STATUS_CODES[whole('status', 0, 0, STATUS_CODES.length - 1)]
  const bounds = {
    modifiedFrom: instant('modified_from'),
    modifiedTo: instant('modified_to'),
    createdFrom: instant('created_from'),
    createdTo: instant('created_to'),
  }
  const order = query.order_by ?? 'date_status_changed'
  if (!SORTABLE.includes(order.replace(/^-/, ''))) complaints.order_by = ['value is not a valid choice.']
  if (Object.keys(complaints).length > 0) return complaints

  const within = (text: string, from?: number, to?: number) => {
    const at = Date.parse(text)
    return (from === undefined || at >= from) && (to === undefined || at < to)
  }
  return all
    .filter((d) => status === undefined || d.status === status)
    .filter((d) => within(d.date_modified, bounds.modifiedFrom, bounds.modifiedTo))
    .filter((d) => within(d.date_created, bounds.createdFrom, bounds.createdTo))
    .filter((d) => query.q === undefined || d.name.toLowerCase().includes(query.q.toLowerCase()))
    .sort(comparator(order))
    .slice((page - 1) * count, page * count)
}

function comparator(order: string): (a: PandadocDocument, b: PandadocDocument) => number {
  const isDescending = order.startsWith('-')
  const field = order.replace(/^-/, '')
  const sortValue = (d: PandadocDocument): string => {
    if (field === 'name' || field === 'status' || field === 'date_created') return d[field]
    if (field === 'date_sent' || field === 'date_completed') return d[field] ?? ''
    return field === 'date_expiration' ? (d.expiration_date ?? '') : d.date_modified
  }
  return (a, b) => {
    const [x, y] = [`${sortValue(a)} ${a.id}`, `${sortValue(b)} ${b.id}`]
    const ascending = x < y ? -1 : x > y ? 1 : 0
    return isDescending ? -ascending : ascending
  }
}
