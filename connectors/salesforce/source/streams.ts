import { type Mirror, type Stream, streamsOf } from '#kit'
import type { SalesforceConfig } from '../config.ts'
import { EVENT, MEMBER, mapEvent, mapMember, mapTask, pastEvents, TASK } from './activities.ts'
import { joinHistory, mapOpportunity, OPPORTUNITIES_PER_PAGE, OPPORTUNITY } from './deals.ts'
import { pullRows, type Selection } from './page.ts'
import {
  ACCOUNT,
  CONTACT,
  keyOf,
  LEAD,
  mapAccount,
  mapContact,
  mapLead,
  mirrorOf,
  selectionOf,
} from './people.ts'
import { contentOf, instant, Row } from './row.ts'

const define = streamsOf<SalesforceConfig>()

const stream = (
  name: SalesforceConfig['pull'][number],
  title: string,
  selection: Selection,
  map: Stream<SalesforceConfig, Row>['map'],
  mirror?: Mirror<Row>,
): Stream<SalesforceConfig, Row> =>
  define({
    title,
    record: Row,
    key: keyOf,
    updatedAt: (row) => instant(row, 'SystemModstamp'),
    content: contentOf,
    lane: 'touchpoint',
    isOn: ({ pull }) => pull.includes(name),
    ...(mirror ? { mirror } : {}),
    // Who was merged away leaves the list with the recycle bin, and is still to be told where to.
    listsAll: name === 'opportunities' || name === 'campaign_members',
    pull: pullRows(selection),
    map,
  })

const own = ({ externalIdField }: SalesforceConfig): string[] => [externalIdField]

export const streams: Record<string, Stream<SalesforceConfig, Row>> = {
  accounts: stream(
    'accounts',
    'Accounts',
    { object: 'Account', fields: [...selectionOf(ACCOUNT), 'ParentId', 'IsPersonAccount'], own },
    mapAccount,
    mirrorOf('Account', ACCOUNT),
  ),
  contacts: stream(
    'contacts',
    'Contacts',
    { object: 'Contact', fields: [...selectionOf(CONTACT), 'AccountId', 'IsPersonAccount'], own },
    mapContact,
    mirrorOf('Contact', CONTACT),
  ),
  leads: stream(
    'leads',
    'Leads',
    { object: 'Lead', fields: [...selectionOf(LEAD), 'IsConverted', 'ConvertedContactId'], own },
    mapLead,
    mirrorOf('Lead', LEAD),
  ),
  opportunities: stream(
    'opportunities',
    'Opportunities with their stages',
    {
      object: 'Opportunity',
      fields: OPPORTUNITY,
      own,
      pageSize: OPPORTUNITIES_PER_PAGE,
      join: joinHistory,
    },
    mapOpportunity,
  ),
  campaign_members: stream(
    'campaign_members',
    'Members of campaigns and their responses',
    { object: 'CampaignMember', fields: MEMBER },
    mapMember,
  ),
  tasks: stream(
    'tasks',
    'Completed tasks: calls and e-mails',
    { object: 'Task', fields: TASK, own, where: () => 'IsClosed = true' },
    mapTask,
  ),
  events: stream(
    'events',
    'Meetings that are over',
    { object: 'Event', fields: EVENT, own, ...pastEvents },
    mapEvent,
  ),
}
