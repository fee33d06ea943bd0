import type { Property, PropertyType } from './types.ts'

type Kind = PropertyType | 'textarea' | 'html' | 'phone' | 'currency' | 'checkbox'
interface Extra {
  options?: string[] | Record<string, string>
  isReadOnly?: boolean
  isUnique?: boolean
  hasExternalOptions?: boolean
}
type Definition = [name: string, label: string, kind: Kind, extra?: Extra]

const KINDS: Record<Kind, { type: PropertyType; fieldType: string; showCurrencySymbol?: true }> = {
  string: { type: 'string', fieldType: 'text' },
  textarea: { type: 'string', fieldType: 'textarea' },
  html: { type: 'string', fieldType: 'html' },
  phone: { type: 'string', fieldType: 'phonenumber' },
  number: { type: 'number', fieldType: 'number' },
  currency: { type: 'number', fieldType: 'number', showCurrencySymbol: true },
  bool: { type: 'bool', fieldType: 'booleancheckbox' },
  date: { type: 'date', fieldType: 'date' },
  datetime: { type: 'datetime', fieldType: 'date' },
  enumeration: { type: 'enumeration', fieldType: 'select' },
  checkbox: { type: 'enumeration', fieldType: 'checkbox' },
}

const words = (text: string): string[] => text.trim().split(/\s+/)

const LIFECYCLE = {
  subscriber: 'Subscriber',
  lead: 'Lead',
  marketingqualifiedlead: 'Marketing Qualified Lead',
  salesqualifiedlead: 'Sales Qualified Lead',
  opportunity: 'Opportunity',
  customer: 'Customer',
  evangelist: 'Evangelist',
  other: 'Other',
}
const LEAD_STATUS = words(`
  NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING
`)
const SOURCES = words(`
  ORGANIC_SEARCH PAID_SEARCH EMAIL_MARKETING SOCIAL_MEDIA REFERRALS OTHER_CAMPAIGNS DIRECT_TRAFFIC
  OFFLINE PAID_SOCIAL AI_REFERRALS
`)
const INDUSTRIES = words(`
  ACCOUNTING APPAREL_FASHION AUTOMOTIVE AVIATION_AEROSPACE BANKING BIOTECHNOLOGY BUILDING_MATERIALS
  BUSINESS_SUPPLIES_AND_EQUIPMENT CHEMICALS COMPUTER_GAMES COMPUTER_HARDWARE COMPUTER_NETWORK_SECURITY
  COMPUTER_SOFTWARE CONSTRUCTION CONSUMER_ELECTRONICS CONSUMER_GOODS CONSUMER_SERVICES DESIGN
  E_LEARNING EDUCATION_MANAGEMENT ELECTRICAL_ELECTRONIC_MANUFACTURING ENTERTAINMENT
  ENVIRONMENTAL_SERVICES FINANCIAL_SERVICES FOOD_BEVERAGES FOOD_PRODUCTION GOVERNMENT_ADMINISTRATION
  HEALTH_WELLNESS_AND_FITNESS HIGHER_EDUCATION HOSPITAL_HEALTH_CARE HOSPITALITY HUMAN_RESOURCES
  INDUSTRIAL_AUTOMATION INFORMATION_SERVICES INFORMATION_TECHNOLOGY_AND_SERVICES INSURANCE INTERNET
  LAW_PRACTICE LEGAL_SERVICES LEISURE_TRAVEL_TOURISM LOGISTICS_AND_SUPPLY_CHAIN MACHINERY
  MANAGEMENT_CONSULTING MARITIME MARKETING_AND_ADVERTISING MEDIA_PRODUCTION MEDICAL_DEVICES MUSIC
  NON_PROFIT_ORGANIZATION_MANAGEMENT OIL_ENERGY ONLINE_MEDIA PACKAGE_FREIGHT_DELIVERY PHARMACEUTICALS
  PROFESSIONAL_TRAINING_COACHING PUBLISHING REAL_ESTATE RENEWABLES_ENVIRONMENT RESEARCH RESTAURANTS
  RETAIL SECURITY_AND_INVESTIGATIONS SEMICONDUCTORS STAFFING_AND_RECRUITING SUPERMARKETS
  TELECOMMUNICATIONS TEXTILES TRANSLATION_AND_LOCALIZATION TRANSPORTATION_TRUCKING_RAILROAD UTILITIES
  VENTURE_CAPITAL_PRIVATE_EQUITY WHOLESALE WIRELESS
`)
const DEAL_STAGES = {
  appointmentscheduled: 'Appointment Scheduled',
  qualifiedtobuy: 'Qualified To Buy',
  presentationscheduled: 'Presentation Scheduled',
  decisionmakerboughtin: 'Decision Maker Bought-In',
  contractsent: 'Contract Sent',
  closedwon: 'Closed Won',
  closedlost: 'Closed Lost',
}

const OWNER: Definition = ['hubspot_owner_id', 'Owner', 'enumeration', { hasExternalOptions: true }]
const SYSTEM: Definition[] = [
  ['hs_object_id', 'Record ID', 'number', { isReadOnly: true }],
  ['hs_merged_object_ids', 'Merged record IDs', 'checkbox', { isReadOnly: true, hasExternalOptions: true }],
]
const ACTIVITY: Definition[] = [
  ['notes_last_updated', 'Last Activity Date', 'datetime', { isReadOnly: true }],
  ['notes_next_activity_date', 'Next Activity Date', 'datetime', { isReadOnly: true }],
]
const ADDRESS: Definition[] = [
  ['address', 'Street Address', 'string'],
  ['city', 'City', 'string'],
  ['state', 'State/Region', 'string'],
  ['zip', 'Postal Code', 'string'],
  ['country', 'Country/Region', 'string'],
]
const engagement = (...own: Definition[]): Definition[] => [
  ...SYSTEM,
  ['hs_createdate', 'Create date', 'datetime', { isReadOnly: true }],
  ['hs_lastmodifieddate', 'Last modified date', 'datetime', { isReadOnly: true }],
  ['hs_timestamp', 'Activity date', 'datetime'],
  OWNER,
  ...own,
]

const DEFINITIONS: Record<string, Definition[]> = {
  contacts: [
    ...SYSTEM,
    ['email', 'Email', 'string'],
    [
      'hs_additional_emails',
      'Additional email addresses',
      'checkbox',
      { isReadOnly: true, hasExternalOptions: true },
    ],
    ['firstname', 'First Name', 'string'],
    ['lastname', 'Last Name', 'string'],
    ['salutation', 'Salutation', 'string'],
    ['jobtitle', 'Job Title', 'string'],
    ['company', 'Company Name', 'string'],
    ['phone', 'Phone Number', 'phone'],
    ['mobilephone', 'Mobile Phone Number', 'phone'],
    ['website', 'Website URL', 'string'],
    ['industry', 'Industry', 'string'],
    ...ADDRESS,
    [
      'hs_language',
      'Preferred language',
      'enumeration',
      { options: ['en', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'ar', 'hi', 'ur', 'zh-cn', 'ja'] },
    ],
    ['hs_country_region_code', 'Country/Region Code', 'string'],
    ['annualrevenue', 'Annual Revenue', 'string'],
    ['message', 'Message', 'textarea'],
    ['lifecyclestage', 'Lifecycle Stage', 'enumeration', { options: LIFECYCLE }],
    ['hs_lead_status', 'Lead Status', 'enumeration', { options: LEAD_STATUS }],
    ['hs_analytics_source', 'Original Traffic Source', 'enumeration', { options: SOURCES, isReadOnly: true }],
    ['hs_latest_source', 'Latest Traffic Source', 'enumeration', { options: SOURCES, isReadOnly: true }],
    ['hs_email_optout', 'Unsubscribed from all email', 'bool', { isReadOnly: true }],
    ['hs_linkedin_url', 'LinkedIn URL', 'string'],
    ['twitterhandle', 'Twitter Username', 'string'],
    ['date_of_birth', 'Date of birth', 'string'],
    ['closedate', 'Close Date', 'datetime'],
    ['createdate', 'Create Date', 'datetime', { isReadOnly: true }],
    ['lastmodifieddate', 'Last Modified Date', 'datetime', { isReadOnly: true }],
    ['associatedcompanyid', 'Primary Associated Company ID', 'number', { isReadOnly: true }],
    ['hs_marketable_status', 'Marketing contact status', 'bool', { isReadOnly: true }],
    ['hs_email_hard_bounce_reason_enum', 'Email hard bounce reason', 'string', { isReadOnly: true }],
    ...ACTIVITY,
    OWNER,
  ],
  companies: [
    ...SYSTEM,
    ['name', 'Company name', 'string'],
    ['domain', 'Company Domain Name', 'string'],
    ['website', 'Website URL', 'string'],
    ['phone', 'Phone Number', 'phone'],
    ...ADDRESS,
    ['address2', 'Street Address 2', 'string'],
    ['timezone', 'Time Zone', 'string'],
    ['industry', 'Industry', 'enumeration', { options: INDUSTRIES }],
    ['type', 'Type', 'enumeration', { options: ['PROSPECT', 'PARTNER', 'RESELLER', 'VENDOR', 'OTHER'] }],
    ['numberofemployees', 'Number of Employees', 'number'],
    ['annualrevenue', 'Annual Revenue', 'currency'],
    ['founded_year', 'Year Founded', 'string'],
    ['description', 'Description', 'textarea'],
    ['about_us', 'About Us', 'textarea'],
    ['is_public', 'Is Public', 'bool'],
    ['linkedin_company_page', 'LinkedIn Company Page', 'string'],
    ['twitterhandle', 'Twitter Handle', 'string'],
    ['facebook_company_page', 'Facebook Company Page', 'string'],
    ['web_technologies', 'Web Technologies', 'string'],
    ['lifecyclestage', 'Lifecycle Stage', 'enumeration', { options: LIFECYCLE }],
    ['hs_lead_status', 'Lead Status', 'enumeration', { options: LEAD_STATUS }],
    ['hs_analytics_source', 'Original Traffic Source', 'enumeration', { options: SOURCES, isReadOnly: true }],
    ['hs_parent_company_id', 'Parent Company', 'number', { isReadOnly: true }],
    ['num_associated_contacts', 'Number of Associated Contacts', 'number', { isReadOnly: true }],
    ['num_associated_deals', 'Number of Associated Deals', 'number', { isReadOnly: true }],
    ...ACTIVITY,
    ['closedate', 'Close Date', 'datetime'],
    ['createdate', 'Create Date', 'datetime', { isReadOnly: true }],
    ['hs_lastmodifieddate', 'Last Modified Date', 'datetime', { isReadOnly: true }],
    OWNER,
  ],
  deals: [
    ...SYSTEM,
    ['dealname', 'Deal Name', 'string'],
    ['amount', 'Amount', 'currency'],
    [
      'deal_currency_code',
      'Currency',
      'enumeration',
      {
        options: [
          'USD',
          'EUR',
          'GBP',
          'CHF',
          'JPY',
          'INR',
          'PKR',
          'AED',
          'CNY',
          'BRL',
          'CAD',
          'AUD',
          'SEK',
          'PLN',
          'KWD',
        ],
      },
    ],
    ['pipeline', 'Pipeline', 'enumeration', { options: { default: 'Sales Pipeline' } }],
    ['dealstage', 'Deal Stage', 'enumeration', { options: DEAL_STAGES }],
    ['dealtype', 'Deal Type', 'enumeration', { options: ['newbusiness', 'existingbusiness'] }],
    ['closedate', 'Close Date', 'datetime'],
    ['description', 'Deal Description', 'textarea'],
    ['hs_priority', 'Priority', 'enumeration', { options: ['low', 'medium', 'high'] }],
    ['hs_next_step', 'Next step', 'string'],
    ['hs_is_closed', 'Is Deal Closed?', 'bool', { isReadOnly: true }],
    ['hs_is_closed_won', 'Is Closed Won', 'bool', { isReadOnly: true }],
    ['hs_deal_stage_probability', 'Deal probability', 'number', { isReadOnly: true }],
    ['hs_mrr', 'Monthly recurring revenue', 'currency', { isReadOnly: true }],
    ['hs_arr', 'Annual recurring revenue', 'currency', { isReadOnly: true }],
    ['hs_v2_date_entered_current_stage', 'Date entered current stage', 'datetime', { isReadOnly: true }],
    ['hs_primary_associated_company', 'Primary Associated Company', 'number', { isReadOnly: true }],
    ['num_associated_contacts', 'Number of Associated Contacts', 'number', { isReadOnly: true }],
    ...ACTIVITY,
    ['closed_lost_reason', 'Closed Lost Reason', 'textarea'],
    ['closed_won_reason', 'Closed Won Reason', 'textarea'],
    ['createdate', 'Create Date', 'datetime', { isReadOnly: true }],
    ['hs_lastmodifieddate', 'Last Modified Date', 'datetime', { isReadOnly: true }],
    OWNER,
  ],
  quotes: [
    ...SYSTEM,
    ['hs_title', 'Title', 'string'],
    ['hs_quote_amount', 'Amount', 'currency'],
    ['hs_currency', 'Currency', 'string'],
    ['hs_quote_number', 'Reference', 'string'],
    ['hs_quote_link', 'Public link', 'string'],
    [
      'hs_status',
      'Approval status',
      'enumeration',
      { options: ['DRAFT', 'PENDING_APPROVAL', 'APPROVED', 'REJECTED', 'APPROVAL_NOT_NEEDED'] },
    ],
    ['hs_expiration_date', 'Expiration date', 'datetime'],
    ['hs_esign_date', 'E-signature date', 'datetime'],
    ['hs_payment_status', 'Payment status', 'enumeration', { options: ['PENDING', 'PROCESSING', 'PAID'] }],
    ['hs_payment_date', 'Payment date', 'datetime'],
    ['hs_createdate', 'Create date', 'datetime', { isReadOnly: true }],
    ['hs_lastmodifieddate', 'Last modified date', 'datetime', { isReadOnly: true }],
    OWNER,
  ],
  notes: engagement(
    ['hs_note_body', 'Note body', 'html'],
    ['hs_attachment_ids', 'Attached file IDs', 'checkbox', { hasExternalOptions: true }],
  ),
  emails: engagement(
    [
      'hs_email_direction',
      'Email direction',
      'enumeration',
      { options: ['EMAIL', 'INCOMING_EMAIL', 'FORWARDED_EMAIL', 'DRAFT_EMAIL'] },
    ],
    ['hs_email_subject', 'Email subject', 'string'],
    ['hs_email_text', 'Email body', 'textarea'],
    ['hs_email_html', 'Email HTML', 'html'],
    ['hs_email_headers', 'Email headers', 'string'],
    [
      'hs_email_status',
      'Email send status',
      'enumeration',
      { options: ['BOUNCED', 'FAILED', 'SCHEDULED', 'SENDING', 'SENT', 'DRAFT'] },
    ],
  ),
  communications: engagement(
    [
      'hs_communication_channel_type',
      'Channel type',
      'enumeration',
      { options: ['CUSTOM_CHANNEL_CONVERSATION', 'LINKEDIN_MESSAGE', 'PHYSICAL_MAIL', 'SMS', 'WHATS_APP'] },
    ],
    [
      'hs_communication_logged_from',
      'Logged from',
      'enumeration',
      { options: ['CRM', 'BIDIRECTIONAL_API', 'API'] },
    ],
    ['hs_communication_body', 'Body', 'html'],
  ),
  calls: engagement(
    ['hs_call_title', 'Call title', 'string'],
    ['hs_call_body', 'Call notes', 'html'],
    ['hs_call_direction', 'Call direction', 'enumeration', { options: ['INBOUND', 'OUTBOUND'] }],
    ['hs_call_duration', 'Call duration', 'number'],
    ['hs_call_from_number', 'From number', 'string'],
    ['hs_call_to_number', 'To number', 'string'],
    [
      'hs_call_status',
      'Call status',
      'enumeration',
      {
        options: [
          'BUSY',
          'CALLING_CRM_USER',
          'CANCELED',
          'COMPLETED',
          'CONNECTING',
          'FAILED',
          'IN_PROGRESS',
          'MISSED',
          'NO_ANSWER',
          'QUEUED',
          'RINGING',
        ],
      },
    ],
  ),
  meetings: engagement(
    ['hs_meeting_title', 'Meeting name', 'string'],
    ['hs_meeting_body', 'Meeting description', 'html'],
    ['hs_meeting_start_time', 'Meeting start time', 'datetime'],
    ['hs_meeting_end_time', 'Meeting end time', 'datetime'],
    ['hs_meeting_location', 'Location', 'string'],
    [
      'hs_meeting_outcome',
      'Meeting outcome',
      'enumeration',
      { options: ['SCHEDULED', 'COMPLETED', 'RESCHEDULED', 'NO_SHOW', 'CANCELED'] },
    ],
  ),
  tasks: engagement(
    ['hs_task_subject', 'Task title', 'string'],
    ['hs_task_body', 'Task notes', 'html'],
    [
      'hs_task_status',
      'Task status',
      'enumeration',
      { options: ['NOT_STARTED', 'IN_PROGRESS', 'WAITING', 'COMPLETED', 'DEFERRED'] },
    ],
    ['hs_task_priority', 'Priority', 'enumeration', { options: ['NONE', 'LOW', 'MEDIUM', 'HIGH'] }],
    ['hs_task_type', 'Task type', 'enumeration', { options: ['EMAIL', 'CALL', 'TODO', 'LINKED_IN_MESSAGE'] }],
  ),
}

const GROUPS: Record<string, string> = {
  contacts: 'contactinformation',
  companies: 'companyinformation',
  deals: 'dealinformation',
  quotes: 'quoteinformation',
}

export const OBJECTS = Object.keys(DEFINITIONS)

export const defaultGroup = (object: string): string => GROUPS[object] ?? 'engagement'

/** Properties of a fresh portal. */
export const defaultProperties = (object: string): Property[] =>
  (DEFINITIONS[object] ?? []).map(([name, label, kind, extra = {}], displayOrder) => ({
    name,
    label,
    groupName: defaultGroup(object),
    description: '',
    options: toOptions(kind, extra),
    displayOrder,
    calculated: false,
    externalOptions: extra.hasExternalOptions ?? false,
    hasUniqueValue: extra.isUnique ?? false,
    hidden: false,
    hubspotDefined: true,
    formField: !extra.isReadOnly,
    archived: false,
    modificationMetadata: {
      archivable: false,
      readOnlyDefinition: true,
      readOnlyValue: extra.isReadOnly ?? false,
    },
    ...KINDS[kind],
  }))

function toOptions(kind: Kind, { options }: Extra): Property['options'] {
  const pairs =
    kind === 'bool'
      ? [['true', 'Yes'] as const, ['false', 'No'] as const]
      : Array.isArray(options)
        ? options.map((value) => [value, value] as const)
        : Object.entries(options ?? {})
  return pairs.map(([value, label], displayOrder) => ({ label, value, displayOrder, hidden: false }))
}
