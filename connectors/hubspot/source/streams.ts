import { type Mirror, type Stream, streamsOf } from '#kit'
import type { Config } from '../config.ts'
import {
  CALL_PROPERTIES,
  EMAIL_PROPERTIES,
  MEETING_PROPERTIES,
  mapCall,
  mapEmail,
  mapMeeting,
  mapTask,
  TASK_PROPERTIES,
} from './activities.ts'
import { DEAL_PROPERTIES, joinStages, mapDeal, mapQuote, QUOTE_PROPERTIES } from './deals.ts'
import {
  EmailEvent,
  mapEmailEvent,
  mapPageView,
  mapSubmission,
  PageView,
  pageViewAt,
  pullEmailEvents,
  pullPageViews,
  pullSubmissions,
  Submission,
  submissionKey,
} from './marketing.ts'
import { pullRecords, type Selection } from './page.ts'
import {
  COMPANY_PROPERTIES,
  CONTACT_PROPERTIES,
  companyMirror,
  contactMirror,
  mapCompany,
  mapContact,
} from './people.ts'
import { contentOf, Row, versionOf } from './row.ts'

type Name = Config['pull'][number]
const define = streamsOf<Config>()
const isOn =
  (name: Name) =>
  ({ pull }: Config): boolean =>
    pull.includes(name)

const records = (
  object: Name,
  title: string,
  selection: Omit<Selection, 'object'>,
  map: Stream<Config, Row>['map'],
  more: { mirror?: Mirror<Row>; lane?: Stream<Config>['lane'] } = {},
): Stream<Config, Row> =>
  define({
    title,
    record: Row,
    key: ({ id }) => id,
    updatedAt: versionOf,
    content: contentOf,
    lane: 'touchpoint',
    ...more,
    isOn: isOn(object),
    listsAll: true,
    pull: pullRecords({ object, ...selection }),
    map,
  })

const both = ['contacts', 'companies'] as const

// biome-ignore lint/suspicious/noExplicitAny: streams of different record types; each was checked by define
export const streams: Record<Name, Stream<Config, any>> = {
  companies: records('companies', 'Companies', { properties: COMPANY_PROPERTIES }, mapCompany, {
    mirror: companyMirror,
  }),
  contacts: records('contacts', 'Contacts', { properties: CONTACT_PROPERTIES }, mapContact, {
    mirror: contactMirror,
  }),
  deals: records(
    'deals',
    'Deals with their stages',
    { properties: DEAL_PROPERTIES, with: both, join: joinStages },
    mapDeal,
  ),
  quotes: records('quotes', 'Quotes', { properties: QUOTE_PROPERTIES, with: both }, mapQuote, {
    lane: 'billing',
  }),
  calls: records('calls', 'Calls', { properties: CALL_PROPERTIES, with: both }, mapCall),
  meetings: {
    ...records('meetings', 'Meetings', { properties: MEETING_PROPERTIES, with: both }, mapMeeting),
    // That nobody said otherwise after a meeting is told by when it was last changed.
    content: (row) => row,
  },
  emails: records('emails', "People's own e-mails", { properties: EMAIL_PROPERTIES, with: both }, mapEmail),
  tasks: records('tasks', 'Completed tasks', { properties: TASK_PROPERTIES, with: both }, mapTask),
  form_submissions: define({
    title: 'Submissions of forms',
    record: Submission,
    key: submissionKey,
    updatedAt: ({ submittedAt }) => submittedAt,
    lane: 'touchpoint',
    isOn: isOn('form_submissions'),
    pull: pullSubmissions,
    map: mapSubmission,
  }),
  page_views: define({
    title: 'Page views of contacts',
    record: PageView,
    key: ({ id }) => id,
    updatedAt: pageViewAt,
    lane: 'touchpoint',
    isOn: isOn('page_views'),
    pull: pullPageViews,
    map: mapPageView,
  }),
  email_events: define({
    title: 'Marketing e-mails: sent, opened, clicked, bounced, unsubscribed',
    record: EmailEvent,
    key: ({ id }) => id,
    updatedAt: ({ created }) => created,
    lane: 'touchpoint',
    isOn: isOn('email_events'),
    pull: pullEmailEvents,
    map: mapEmailEvent,
  }),
}
