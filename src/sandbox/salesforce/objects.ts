import { type FieldSpec, type ObjectDef, objectOf } from './schema.ts'

/*
 * Standard fields after the Object Reference for the Salesforce Platform
 * (https://developer.salesforce.com/docs/platform/object-reference/guide/sforce-api-objects-list.html): the ones that
 * a hub may meet, with their real types, lengths and rules.
 */
const text = (length: number, more: Partial<FieldSpec> = {}): FieldSpec => ({
  type: 'string',
  length,
  ...more,
})
const pick = (options: string[], more: Partial<FieldSpec> = {}): FieldSpec => ({
  type: 'picklist',
  options,
  ...more,
})
const ref = (...referenceTo: string[]): FieldSpec => ({ type: 'reference', referenceTo })
const readOnly = { createable: false, updateable: false } as const
const required = { nillable: false } as const

const SOURCES = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']
const INDUSTRIES = [
  'Agriculture',
  'Apparel',
  'Banking',
  'Biotechnology',
  'Chemicals',
  'Communications',
  'Construction',
  'Consulting',
  'Education',
  'Electronics',
  'Energy',
  'Engineering',
  'Entertainment',
  'Environmental',
  'Finance',
  'Food & Beverage',
  'Government',
  'Healthcare',
  'Hospitality',
  'Insurance',
  'Machinery',
  'Manufacturing',
  'Media',
  'Not For Profit',
  'Recreation',
  'Retail',
  'Shipping',
  'Technology',
  'Telecommunications',
  'Transportation',
  'Utilities',
  'Other',
]
const RATINGS = ['Hot', 'Warm', 'Cold']
const SALUTATIONS = ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mx.']
const OWNER: FieldSpec = { ...ref('User'), nillable: false }

const address = (prefix: string): Record<string, FieldSpec> => ({
  [`${prefix}Street`]: { type: 'textarea', length: 255 },
  [`${prefix}City`]: text(40),
  [`${prefix}State`]: text(80),
  [`${prefix}PostalCode`]: text(20),
  [`${prefix}Country`]: text(80),
})

const names: Record<string, FieldSpec> = {
  FirstName: text(40),
  LastName: text(80, required),
  Salutation: pick(SALUTATIONS),
  Name: text(121, { ...required, ...readOnly }),
}

const account = {
  Name: text(255, required),
  Type: pick([
    'Prospect',
    'Customer - Direct',
    'Customer - Channel',
    'Channel Partner / Reseller',
    'Installation Partner',
    'Technology Partner',
    'Other',
  ]),
  ParentId: ref('Account'),
  ...address('Billing'),
  ...address('Shipping'),
  Phone: { type: 'phone' },
  Fax: { type: 'phone' },
  Website: { type: 'url' },
  Industry: pick(INDUSTRIES),
  AnnualRevenue: { type: 'currency', scale: 0 },
  NumberOfEmployees: { type: 'int' },
  Ownership: pick(['Public', 'Private', 'Subsidiary', 'Other']),
  TickerSymbol: text(20),
  Description: { type: 'textarea', length: 32000 },
  Rating: pick(RATINGS),
  Site: text(80),
  AccountNumber: text(40),
  AccountSource: pick(SOURCES),
  Sic: text(20),
  SicDesc: text(80),
  OwnerId: OWNER,
  LastActivityDate: { type: 'date', ...readOnly },
  MasterRecordId: { ...ref('Account'), ...readOnly },
} satisfies Record<string, FieldSpec>

const contact = {
  ...names,
  AccountId: ref('Account'),
  Email: { type: 'email' },
  Phone: { type: 'phone' },
  MobilePhone: { type: 'phone' },
  HomePhone: { type: 'phone' },
  OtherPhone: { type: 'phone' },
  Fax: { type: 'phone' },
  Title: text(128),
  Department: text(80),
  ReportsToId: ref('Contact'),
  ...address('Mailing'),
  ...address('Other'),
  LeadSource: pick(SOURCES),
  Birthdate: { type: 'date' },
  Description: { type: 'textarea', length: 32000 },
  HasOptedOutOfEmail: { type: 'boolean' },
  HasOptedOutOfFax: { type: 'boolean' },
  DoNotCall: { type: 'boolean' },
  EmailBouncedReason: text(255),
  EmailBouncedDate: { type: 'datetime' },
  OwnerId: OWNER,
  LastActivityDate: { type: 'date', ...readOnly },
  MasterRecordId: { ...ref('Contact'), ...readOnly },
} satisfies Record<string, FieldSpec>

const lead = {
  ...names,
  Company: text(255, required),
  Title: text(128),
  Email: { type: 'email' },
  Phone: { type: 'phone' },
  MobilePhone: { type: 'phone' },
  Fax: { type: 'phone' },
  Website: { type: 'url' },
  Street: { type: 'textarea', length: 255 },
  City: text(40),
  State: text(80),
  PostalCode: text(20),
  Country: text(80),
  Status: pick(
    ['Open - Not Contacted', 'Working - Contacted', 'Closed - Converted', 'Closed - Not Converted'],
    {
      ...required,
      defaultValue: 'Open - Not Contacted',
      isRestricted: true,
    },
  ),
  LeadSource: pick(SOURCES),
  Industry: pick(INDUSTRIES),
  Rating: pick(RATINGS),
  AnnualRevenue: { type: 'currency', scale: 0 },
  NumberOfEmployees: { type: 'int' },
  Description: { type: 'textarea', length: 32000 },
  HasOptedOutOfEmail: { type: 'boolean' },
  HasOptedOutOfFax: { type: 'boolean' },
  DoNotCall: { type: 'boolean' },
  EmailBouncedReason: text(255),
  EmailBouncedDate: { type: 'datetime' },
  OwnerId: OWNER,
  LastActivityDate: { type: 'date', ...readOnly },
  IsConverted: { type: 'boolean', ...readOnly },
  ConvertedDate: { type: 'date', ...readOnly },
  ConvertedAccountId: { ...ref('Account'), ...readOnly },
  ConvertedContactId: { ...ref('Contact'), ...readOnly },
  ConvertedOpportunityId: { ...ref('Opportunity'), ...readOnly },
  MasterRecordId: { ...ref('Lead'), ...readOnly },
} satisfies Record<string, FieldSpec>

const opportunity = {
  Name: text(120, required),
  AccountId: ref('Account'),
  ContactId: { ...ref('Contact'), updateable: false },
  StageName: pick(
    [
      'Prospecting',
      'Qualification',
      'Needs Analysis',
      'Value Proposition',
      'Id. Decision Makers',
      'Perception Analysis',
      'Proposal/Price Quote',
      'Negotiation/Review',
      'Closed Won',
      'Closed Lost',
    ],
    required,
  ),
  CloseDate: { type: 'date', ...required },
  Amount: { type: 'currency' },
  Probability: { type: 'percent', scale: 0 },
  Type: pick([
    'Existing Customer - Upgrade',
    'Existing Customer - Replacement',
    'Existing Customer - Downgrade',
    'New Customer',
  ]),
  LeadSource: pick(SOURCES),
  NextStep: text(255),
  Description: { type: 'textarea', length: 32000 },
  TotalOpportunityQuantity: { type: 'double' },
  IsClosed: { type: 'boolean', ...readOnly },
  IsWon: { type: 'boolean', ...readOnly },
  LastActivityDate: { type: 'date', ...readOnly },
  LastStageChangeDate: { type: 'datetime', ...readOnly },
  OwnerId: OWNER,
} satisfies Record<string, FieldSpec>

const task = {
  Subject: { type: 'string', length: 255 },
  Description: { type: 'textarea', length: 32000 },
  ActivityDate: { type: 'date' },
  Status: pick(['Not Started', 'In Progress', 'Completed', 'Waiting on someone else', 'Deferred'], {
    ...required,
    defaultValue: 'Not Started',
  }),
  Priority: pick(['High', 'Normal', 'Low'], { ...required, defaultValue: 'Normal' }),
  Type: pick(['Call', 'Email', 'Meeting', 'Other']),
  CompletedDateTime: { type: 'datetime', ...readOnly },
  TaskSubtype: pick(['Task', 'Email', 'Call', 'ListEmail', 'LinkedIn', 'Cadence'], {
    updateable: false,
    isRestricted: true,
    defaultValue: 'Task',
  }),
  WhoId: ref('Contact', 'Lead'),
  WhatId: ref('Account', 'Opportunity'),
  AccountId: { ...ref('Account'), ...readOnly },
  IsClosed: { type: 'boolean', ...readOnly },
  CallDurationInSeconds: { type: 'int' },
  CallType: pick(['Internal', 'Inbound', 'Outbound'], { isRestricted: true }),
  CallDisposition: text(255),
  CallObject: text(255),
  OwnerId: OWNER,
} satisfies Record<string, FieldSpec>

/** One row when the sale is made, and one per change of stage, amount, probability or close date. */
const opportunityHistory = {
  OpportunityId: { ...ref('Opportunity'), ...readOnly },
  StageName: text(255, readOnly),
  Amount: { type: 'currency', ...readOnly },
  Probability: { type: 'percent', scale: 0, ...readOnly },
  CloseDate: { type: 'date', ...readOnly },
} satisfies Record<string, FieldSpec>

const opportunityContactRole = {
  OpportunityId: { ...ref('Opportunity'), nillable: false, updateable: false },
  ContactId: { ...ref('Contact'), nillable: false },
  Role: pick(['Business User', 'Decision Maker', 'Economic Buyer', 'Evaluator', 'Influencer', 'Other']),
  IsPrimary: { type: 'boolean' },
} satisfies Record<string, FieldSpec>

const campaign = {
  Name: text(80, required),
  Type: pick(['Conference', 'Webinar', 'Trade Show', 'Email', 'Telemarketing', 'Advertisement', 'Other']),
  Status: pick(['Planned', 'In Progress', 'Completed', 'Aborted'], { defaultValue: 'Planned' }),
  StartDate: { type: 'date' },
  EndDate: { type: 'date' },
  BudgetedCost: { type: 'currency', scale: 0 },
  ActualCost: { type: 'currency', scale: 0 },
  IsActive: { type: 'boolean' },
  OwnerId: OWNER,
} satisfies Record<string, FieldSpec>

const campaignMember = {
  CampaignId: { ...ref('Campaign'), nillable: false, updateable: false },
  LeadId: { ...ref('Lead'), updateable: false },
  ContactId: { ...ref('Contact'), updateable: false },
  Status: pick(['Sent', 'Responded'], { ...required, defaultValue: 'Sent' }),
  HasResponded: { type: 'boolean', ...readOnly },
  FirstRespondedDate: { type: 'date', ...readOnly },
} satisfies Record<string, FieldSpec>

const event = {
  Subject: { type: 'string', length: 255 },
  Description: { type: 'textarea', length: 32000 },
  Location: text(255),
  StartDateTime: { type: 'datetime', nillable: false },
  EndDateTime: { type: 'datetime', nillable: false },
  IsAllDayEvent: { type: 'boolean' },
  WhoId: ref('Contact', 'Lead'),
  WhatId: ref('Account', 'Opportunity'),
  AccountId: { ...ref('Account'), ...readOnly },
  OwnerId: OWNER,
} satisfies Record<string, FieldSpec>

const userFields = {
  Username: text(80, required),
  FirstName: text(40),
  LastName: text(80, required),
  Name: text(121, { ...required, ...readOnly }),
  Email: { type: 'email', nillable: false },
  IsActive: { type: 'boolean' },
  UserType: {
    ...pick(['Standard', 'Guest', 'PowerPartner', 'CspLitePortal', 'AutomatedProcess', 'CsnOnly'], {
      isRestricted: true,
    }),
    ...readOnly,
    defaultValue: 'Standard',
  },
} satisfies Record<string, FieldSpec>

const permissionSet = {
  Name: text(80, required),
  Label: text(80, required),
  Description: text(255),
} satisfies Record<string, FieldSpec>

const permissionSetAssignment = {
  PermissionSetId: { ...ref('PermissionSet'), nillable: false, updateable: false },
  AssigneeId: { ...ref('User'), nillable: false, updateable: false },
} satisfies Record<string, FieldSpec>

const fieldPermissions = {
  ParentId: { ...ref('PermissionSet'), nillable: false, updateable: false },
  SobjectType: text(80, { ...required, updateable: false }),
  Field: text(255, { ...required, updateable: false }),
  PermissionsRead: { type: 'boolean' },
  PermissionsEdit: { type: 'boolean' },
} satisfies Record<string, FieldSpec>

const assignmentRule = {
  Name: text(120, required),
  SobjectType: pick(['Case', 'Lead'], { isRestricted: true }),
  Active: { type: 'boolean' },
} satisfies Record<string, FieldSpec>

const customField = {
  DeveloperName: text(80, { ...required, ...readOnly }),
  TableEnumOrId: text(80, { ...required, ...readOnly }),
  NamespacePrefix: text(15, readOnly),
} satisfies Record<string, FieldSpec>

/** A fresh copy: each org adds its own custom fields. */
export const standardObjects = (): ObjectDef[] => [
  objectOf('Account', '001', account),
  objectOf('Contact', '003', contact),
  objectOf('Lead', '00Q', lead),
  objectOf('Opportunity', '006', opportunity),
  objectOf('Task', '00T', task, { customFieldsOf: 'Activity' }),
  objectOf('Event', '00U', event, { customFieldsOf: 'Activity' }),
  objectOf('OpportunityHistory', '008', opportunityHistory, { label: 'Opportunity History' }),
  objectOf('OpportunityContactRole', '00K', opportunityContactRole, { label: 'Opportunity Contact Role' }),
  objectOf('Campaign', '701', campaign),
  objectOf('CampaignMember', '00v', campaignMember, { label: 'Campaign Member' }),
  objectOf('User', '005', userFields),
  objectOf('PermissionSet', '0PS', permissionSet, { label: 'Permission Set' }),
  objectOf('PermissionSetAssignment', '0Pa', permissionSetAssignment, { label: 'Permission Set Assignment' }),
  objectOf('FieldPermissions', '01k', fieldPermissions, { label: 'Field Permissions' }),
  objectOf('AssignmentRule', '01Q', assignmentRule, { label: 'Assignment Rule' }),
  objectOf('CustomField', '00N', customField, { label: 'Custom Field', isTooling: true }),
]

/** Objects whose Name is made of first and last name. */
export const PERSON_OBJECTS: ReadonlySet<string> = new Set(['Contact', 'Lead', 'User'])
