import { Hono } from 'hono'
import type { ConsentServer } from '../consent.ts'
import { createSandbox, type Sandbox } from '../sandbox.ts'
import { type AnalyticsSandbox, createAnalytics } from './analytics.ts'
import { type CalendarSandbox, createCalendars } from './calendar.ts'
import { createMailboxes, type MailSandbox } from './gmail.ts'
import { createIdentity, type GoogleAccounts } from './identity.ts'
import { answerProblem, GoogleProblem } from './problem.ts'
import { createSheets, type SheetSandbox } from './sheets.ts'

export type { CalendarEvent } from './calendar.ts'
export type { MailMessage } from './gmail.ts'

export interface GoogleSandboxOptions extends Partial<GoogleAccounts> {
  now: () => number
}

export interface GoogleSandbox extends Sandbox {
  /** Key file of the service account: the value of `serviceAccount`. */
  keyFile: string
  /** Its address, with which calendars, sheets and properties are shared. */
  serviceAccount: string
  accounts: GoogleAccounts
  calendars: CalendarSandbox
  mail: MailSandbox
  sheets: SheetSandbox
  analytics: AnalyticsSandbox
  /** The user and the OAuth client. */
  consent: ConsentServer
  /** Ends all sessions. */
  revoke(): void
}

const ACCOUNTS: GoogleAccounts = {
  clientId: 'sandbox.apps.googleusercontent.test',
  clientSecret: 'GOCSPX-sandbox',
  refreshToken: '1//sandbox-refresh',
  user: 'ana@hub.example',
  delegatedUsers: ['ana@hub.example', 'bo@hub.example'],
  scopes: [
    'https://www.googleapis.com/auth/calendar.events.readonly',
    'https://www.googleapis.com/auth/gmail.metadata',
    'https://www.googleapis.com/auth/spreadsheets.readonly',
    'https://www.googleapis.com/auth/analytics.readonly',
  ],
}

/** Google's token server and the APIs behind it, as strict about tokens, scopes, parameters and quotas. */
export async function createGoogleSandbox(options: GoogleSandboxOptions): Promise<GoogleSandbox> {
  const { now, ...given } = options
  const accounts = { ...ACCOUNTS, ...given }
  const identity = await createIdentity(accounts, now)
  const calendars = createCalendars(identity)
  const mail = createMailboxes(identity)
  const sheets = createSheets(identity)
  const analytics = createAnalytics(identity)
  const app = new Hono()
  app.route('/', identity.routes)
  app.route('/', calendars.routes)
  app.route('/', mail.routes)
  app.route('/', sheets.routes)
  app.route('/', analytics.routes)
  app.notFound((c) =>
    answerProblem(c, new GoogleProblem(404, 'notFound', 'The requested URL was not found on this server.')),
  )
  app.onError((error, c) => {
    if (error instanceof GoogleProblem) return answerProblem(c, error)
    throw error
  })
  const sandbox = createSandbox({
    name: 'google',
    hosts: [
      'oauth2.googleapis.com',
      'www.googleapis.com',
      'gmail.googleapis.com',
      'sheets.googleapis.com',
      'analyticsdata.googleapis.com',
    ],
    app,
  })
  return Object.assign(sandbox, {
    accounts,
    keyFile: identity.keyFile,
    serviceAccount: identity.serviceAccount,
    calendars: calendars.control,
    mail: mail.control,
    sheets: sheets.control,
    analytics: analytics.control,
    consent: identity.consent,
    revoke: identity.revoke,
  })
}
