import { type CompiledMapping, checkMappings, formatProblem } from '../../src/mapping/index.ts'

/** Small mappings that use every write policy, references, associations, and both kinds of activities. */
const PERSON = `
  FirstName: person.first_name
  LastName: person.last_name ?? person.email | email_local
  Title: person.title
  Phone: { from: person.phone, write: if_empty }
  LeadSource: { from: person.lead_source, write: once }
  Description: { from: person.street, write: always }
`
const PERSON_ACTIVITIES = `
activities:
  - { kind: form.submitted, as: Task, subject: "Form {title ?? props.form}" }
  - { kind: page.viewed, as: Task, policy: daily_digest, subject: "Visited {count} pages" }
`

const FILES: Record<string, string> = {
  'salesforce/lead.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Lead }
from: person
when: person.stage == "lead" and person.email | is_set
match: [{ Email: person.email | lower }]
on_multiple: oldest
defaults: { write: if_owned }
fields:
  Email: person.email | lower
  Company: account.name ?? person.company_name ?? "Unknown"
  City: { from: person.city, write: hold_on_conflict }
  Visits__c: { from: touchpoints | where(kind = "page.viewed") | since("30d") | count, write: always }
  NumberOfEmployees: { from: touchpoints | where(kind = "page.viewed") | count, write: max }
${PERSON}${PERSON_ACTIVITIES}`,
  'salesforce/contact.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Contact }
from: person
when: person.stage == "contact" and person.email | is_set
match: [{ Email: person.email | lower }]
on_multiple: oldest
defaults: { write: if_owned }
fields:
  AccountId: { lookup: Account, by: account.id, on_miss: skip }
  Email: person.email | lower
  MailingCity: { from: person.city, write: hold_on_conflict }
  MailingState: { from: person.region, write: always }
  MRR__c: { from: billing.mrr | money_major, write: always, on_null: clear }
  Subscription__c: { from: billing.subscription_status, write: always, on_null: clear }
  Open__c: { from: billing.open | money_major, write: always, on_null: clear }
${PERSON}${PERSON_ACTIVITIES}`,
  'salesforce/account.yaml': `
apiVersion: tributary/v1
target: { connection: salesforce, object: Account }
from: account
when: account.domain | is_set
match: [{ Website: account.domain }]
on_multiple: oldest
fields:
  Name: account.name ?? account.domain
  Website: account.domain
  Industry: account.industry
  NumberOfEmployees: { from: account.employees, write: always }
  MRR__c: { from: billing.mrr | money_major, write: always, on_null: clear }
`,
  'hubspot/contacts.yaml': `
apiVersion: tributary/v1
target: { connection: hubspot, object: contacts }
from: person
when: person.email | is_set
match: [{ email: person.email | lower }]
on_multiple: oldest
defaults: { write: if_owned }
associations: [{ to: companies, by: account.id, on_miss: skip }]
fields:
  email: person.email | lower
  firstname: person.first_name
  lastname: person.last_name
  jobtitle: person.title
  phone: { from: person.phone, write: if_empty }
  city: { from: person.city, write: hold_on_conflict }
  state: { from: person.region, write: always }
  address: { from: person.street, write: always }
  sim_source: { from: person.lead_source, write: once }
  sim_visits: { from: touchpoints | where(kind = "page.viewed") | since("30d") | count, write: always }
  sim_most_visits: { from: touchpoints | where(kind = "page.viewed") | count, write: max }
  sim_mrr: { from: billing.mrr | money_major, write: always, on_null: clear }
activities:
  - { kind: form.submitted, as: notes, subject: "Form {title ?? props.form}" }
  - { kind: page.viewed, as: notes, policy: daily_digest, subject: "Visited {count} pages" }
  - { kind: [subscription.started, subscription.canceled], as: notes, subject: "{kind}" }
`,
  'hubspot/companies.yaml': `
apiVersion: tributary/v1
target: { connection: hubspot, object: companies }
from: account
when: account.domain | is_set
match: [{ domain: account.domain }]
on_multiple: oldest
fields:
  name: account.name ?? account.domain
  domain: account.domain
  numberofemployees: { from: account.employees, write: always }
  sim_mrr: { from: billing.mrr | money_major, write: always, on_null: clear }
`,
}

let compiled: CompiledMapping[] | undefined

export function simulationMappings(): CompiledMapping[] {
  if (compiled) return compiled
  const files = Object.entries(FILES).map(([file, text]) => ({ file, text }))
  const { mappings, problems } = checkMappings(files)
  if (problems.length > 0)
    throw new Error(problems.map((p) => formatProblem(p, FILES[p.file] ?? '')).join('\n'))
  compiled = mappings
  return compiled
}
