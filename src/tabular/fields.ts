export type FieldType = 'text' | 'id' | 'email' | 'amount' | 'date' | 'currency' | 'country' | 'status'

export interface Field {
  type: FieldType
  /** Headers that mean this field, in squashed form (see `squash`); the field's own name always does. */
  headers: readonly string[]
}

export type Kind = 'customers' | 'contacts' | 'invoices' | 'quotes' | 'firmographics'
export const KINDS: readonly Kind[] = ['customers', 'contacts', 'invoices', 'quotes', 'firmographics']

const field = (type: FieldType, headers: string): Field => ({
  type,
  headers: headers.split(' ').filter(Boolean),
})

const PERSON: Record<string, Field> = {
  user_id: field('id', 'userid externaluserid'),
  email: field(
    'email',
    'email emailaddress mail primaryemail workemail businessemail emailid correo courriel mailadresse',
  ),
  first_name: field('text', 'firstname givenname forename fname vorname prenom nombre'),
  last_name: field('text', 'lastname surname familyname lname nachname apellido apellidos'),
  full_name: field(
    'text',
    'fullname name displayname contactname customername personname نام الاسم नाम 姓名',
  ),
  title: field('text', 'title jobtitle position role designation'),
  department: field('text', 'department team abteilung'),
  phone: field('text', 'phone phonenumber telephone tel mobile mobilephone cell workphone telefon telefono'),
  company: field(
    'text',
    'company companyname organization organisation organizationname account accountname business businessname employer firma firmenname unternehmen empresa societe',
  ),
  domain: field('text', 'domain website companydomain companywebsite webpage homepage url web'),
  industry: field('text', 'industry sector branche'),
  vat_id: field('id', 'vatid vat vatnumber taxid taxnumber ustid ustidnr gstin'),
  company_number: field(
    'id',
    'companynumber registrationnumber companyregistrationnumber handelsregisternummer siren',
  ),
  parent: field(
    'text',
    'parent parentcompany parentaccount parentaccountname parentdomain parentwebsite muttergesellschaft mutterunternehmen',
  ),
  street: field(
    'text',
    'street address address1 addressline1 streetaddress billingaddress billingstreet strasse straße adresse direccion',
  ),
  city: field('text', 'city town billingcity suburb ort stadt ville ciudad'),
  region: field('text', 'region state province stateprovince billingstate bundesland county'),
  postal_code: field('id', 'postalcode postcode zip zipcode billingpostalcode billingzip plz codepostal'),
  country: field('country', 'country countrycode billingcountry land pays pais'),
  language: field('text', 'language locale lang sprache'),
  lead_source: field('text', 'leadsource source'),
  owner_email: field('email', 'owneremail salesrepemail accountowneremail'),
}

const ADDRESSEE: Record<string, Field> = {
  customer_id: field(
    'id',
    'customerid customernumber clientid accountid accountnumber kundennummer kundennr',
  ),
  customer_email: field('email', 'customeremail email emailaddress billingemail clientemail'),
  company: field(
    'text',
    'company companyname customer customername organization organisation client clientname billto firma kunde',
  ),
}

const MONEY: Record<string, Field> = {
  currency: field('currency', 'currency currencycode curr iso4217 wahrung währung devise moneda'),
  total: field(
    'amount',
    'total amount grandtotal totalamount invoicetotal invoiceamount quotetotal quoteamount value sum gross totalinclvat betrag gesamtbetrag summe montant importe',
  ),
}

const FIELDS: Record<Kind, Record<string, Field>> = {
  customers: {
    id: field(
      'id',
      'customerid id customernumber clientid accountid accountnumber number kundennummer kundennr recid',
    ),
    ...PERSON,
  },
  contacts: { id: field('id', 'contactid id leadid personid recordid recid'), ...PERSON },
  invoices: {
    id: field(
      'id',
      'invoiceid id invoicenumber invoiceno invoicenum number rechnungsnummer rechnungsnr documentnumber no nr',
    ),
    number: field('id', 'invoicenumber invoiceno invoicenum number rechnungsnummer'),
    ...ADDRESSEE,
    status: field('status', 'status invoicestatus paymentstatus'),
    issued_at: field(
      'date',
      'invoicedate date issuedat issuedate dateissued issued created createdat createddate invoicedon rechnungsdatum datum',
    ),
    due_at: field('date', 'duedate dueat due datedue paymentdue faelligkeit fälligkeit'),
    paid_at: field('date', 'paidat paiddate datepaid paidon paymentdate bezahltam'),
    ...MONEY,
    paid: field('amount', 'amountpaid paid paidamount totalpaid'),
    open: field(
      'amount',
      'balance amountdue open openamount outstanding balancedue amountopen amountremaining',
    ),
    url: field('text', 'url link invoiceurl'),
  },
  quotes: {
    id: field(
      'id',
      'quoteid id quotenumber quoteno proposalid estimateid offerid number angebotsnummer no nr',
    ),
    number: field('id', 'quotenumber quoteno number estimatenumber angebotsnummer'),
    title: field('text', 'title name subject quotename description opportunityname'),
    ...ADDRESSEE,
    status: field('status', 'status quotestatus stage'),
    created_at: field(
      'date',
      'createdat created createddate quotedate date datecreated issuedat issuedate datum',
    ),
    sent_at: field('date', 'sentat sentdate datesent senton'),
    expires_at: field('date', 'expiresat expirydate expirationdate expires validuntil validto'),
    closed_at: field(
      'date',
      'closedat closeddate closedate acceptedat accepteddate dateaccepted wonat signedat',
    ),
    ...MONEY,
    url: field('text', 'url link quoteurl'),
  },
  firmographics: {
    domain: field('text', 'domain website companydomain companywebsite homepage url web'),
    name: field('text', 'name companyname company legalname organization organisation firma'),
    website: field('text', 'websiteurl'),
    industry: field('text', 'industry sector naicsdescription branche'),
    description: field('text', 'description summary about'),
    employees: field('text', 'employees employeecount headcount numberofemployees staff size mitarbeiter'),
    annual_revenue: field('text', 'annualrevenue revenue turnover umsatz'),
    founded: field('text', 'founded yearfounded foundedyear foundingyear'),
    type: field('text', 'type companytype ownership'),
    phone: PERSON.phone!,
    street: PERSON.street!,
    city: field('text', 'locality hqcity headquarterscity city town'),
    region: PERSON.region!,
    postal_code: PERSON.postal_code!,
    country: PERSON.country!,
    linkedin_url: field('text', 'linkedin linkedinurl'),
  },
}

export const fieldsOf = (kind: Kind): Record<string, Field> => FIELDS[kind]

/** Of each group at least one column is needed. */
export const NEEDS: Record<Kind, readonly (readonly string[])[]> = {
  customers: [['id', 'email']],
  contacts: [['email', 'id']],
  invoices: [['total'], ['issued_at'], ['customer_id', 'customer_email', 'company']],
  quotes: [['total'], ['created_at'], ['customer_id', 'customer_email', 'company']],
  firmographics: [['domain']],
}

/** "E-mail address" and "EmailAddress" → "emailaddress"; letters of every script stay. */
export const squash = (header: string): string =>
  header
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '')
