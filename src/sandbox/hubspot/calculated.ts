import type { Portal } from './portal.ts'
import type { StoredRecord } from './types.ts'

const ENGAGEMENTS = new Set(['notes', 'emails', 'communications', 'calls', 'meetings', 'tasks'])
/** Of which HubSpot tells the next one that is planned. */
const PLANNED = new Set(['meetings', 'tasks'])

/** A property that follows from what the record is associated with; undefined for all others and where nothing follows. */
export function calculatedOf(
  portal: Portal,
  object: string,
  record: StoredRecord,
  name: string,
): string | undefined {
  switch (name) {
    case 'num_associated_contacts':
      return countOf(associated(portal, object, record, 'contacts'))
    case 'num_associated_deals':
      return countOf(associated(portal, object, record, 'deals'))
    case 'hs_primary_associated_company':
      return associated(portal, object, record, 'companies')[0]?.id
    case 'hs_v2_date_entered_current_stage':
      return iso(record.stages?.at(-1)?.timestamp)
    case 'notes_last_updated':
      return iso(
        Math.max(
          ...times(portal, object, record)
            .filter(({ at }) => at <= portal.now())
            .map(atOf),
        ),
      )
    case 'notes_next_activity_date': {
      const planned = times(portal, object, record).filter(
        ({ at, kind }) => at > portal.now() && PLANNED.has(kind),
      )
      return iso(Math.min(...planned.map(atOf)))
    }
    case 'hs_email_hard_bounce_reason_enum':
      return portal.marketing.mailEvents.some(
        ({ type, recipient }) => type === 'BOUNCE' && recipient === record.properties.email,
      )
        ? 'UNKNOWN_USER'
        : undefined
    case 'hs_email_optout':
      return portal.marketing.mailEvents.some(
        ({ type, recipient, more }) =>
          type === 'STATUSCHANGE' &&
          more.portalSubscriptionStatus === 'UNSUBSCRIBED' &&
          recipient === record.properties.email,
      )
        ? 'true'
        : undefined
    default:
      return undefined
  }
}

const atOf = ({ at }: { at: number }): number => at

const countOf = ({ length }: StoredRecord[]): string | undefined => (length > 0 ? String(length) : undefined)

const iso = (at: number | undefined): string | undefined =>
  at !== undefined && Number.isFinite(at) ? new Date(at).toISOString() : undefined

function associated(portal: Portal, object: string, record: StoredRecord, to: string): StoredRecord[] {
  const { records } = portal.collections.get(to)!
  return [...(portal.associations.get(`${object} ${record.id}`)?.keys() ?? [])].flatMap((end) => {
    const [other, id = ''] = end.split(' ')
    const found = other === to ? records.get(id) : undefined
    return found && found.archivedAt === undefined ? [found] : []
  })
}

function times(portal: Portal, object: string, record: StoredRecord): { kind: string; at: number }[] {
  return [...ENGAGEMENTS].flatMap((kind) =>
    associated(portal, object, record, kind).map(({ properties }) => ({
      kind,
      at: Date.parse(properties.hs_timestamp ?? ''),
    })),
  )
}
