import { type Context, Hono } from 'hono'
import { selectFields } from './fields.ts'
import type { Caller, Identity } from './identity.ts'
import { GoogleProblem, onlyParameters, whole } from './problem.ts'

/** A message as somebody sends it; header names as written. */
export interface MailMessage {
  id: string
  /** When Google takes it in. */
  at: number
  headers: Record<string, string>
  labelIds?: string[]
  body?: string
}

export interface MailSandbox {
  /** Opens a mailbox. */
  open(mailbox: string): void
  /** Puts messages into a mailbox, each of them a piece of its history. */
  deliver(mailbox: string, messages: MailMessage[]): void
  /** Deletes for good. */
  remove(mailbox: string, id: string): void
  /** Makes Google forget the history so far. */
  expireHistory(mailbox: string): void
}

interface Mailbox {
  messages: Map<string, MailMessage & { historyId: number }>
  added: { historyId: number; id: string }[]
  historyId: number
  oldest: number
}

const SCOPE = /\/auth\/gmail\.(metadata|readonly|modify)$|^https:\/\/mail\.google\.com\/$/
const READS_BODIES = /\/auth\/gmail\.(readonly|modify)$|^https:\/\/mail\.google\.com\/$/
const FIRST_HISTORY_ID = 1000

export function createMailboxes(identity: Identity): { routes: Hono; control: MailSandbox } {
  const mailboxes = new Map<string, Mailbox>()

  const open = (name: string): Mailbox => {
    const mailbox = mailboxes.get(name) ?? {
      messages: new Map(),
      added: [],
      historyId: FIRST_HISTORY_ID,
      oldest: 0,
    }
    mailboxes.set(name, mailbox)
    return mailbox
  }

  function access(c: Context): { caller: Caller; mailbox: Mailbox; name: string } {
    const caller = identity.callerOf(c, SCOPE)
    const name = c.req.param('user') === 'me' ? caller.email : (c.req.param('user') ?? '')
    if (name !== caller.email)
      throw new GoogleProblem(403, 'forbidden', `Delegation denied for ${caller.email}`)
    const mailbox = mailboxes.get(name)
    if (!mailbox) throw new GoogleProblem(400, 'failedPrecondition', 'Mail service not enabled')
    return { caller, mailbox, name }
  }

  const metadataOnly = ({ scopes }: Caller): boolean => !scopes.some((scope) => READS_BODIES.test(scope))
  const answer = (c: Context, body: object) => c.json(selectFields(body, c.req.query('fields')) as object)
  const labelsOf = ({ labelIds = ['INBOX'] }: MailMessage) => labelIds

  const routes = new Hono()
  routes.get('/gmail/v1/users/:user/profile', (c) => {
    const { mailbox, name } = access(c)
    onlyParameters(c, [])
    return answer(c, {
      emailAddress: name,
      messagesTotal: mailbox.messages.size,
      threadsTotal: mailbox.messages.size,
      historyId: String(mailbox.historyId),
    })
  })
  routes.get('/gmail/v1/users/:user/messages', (c) => {
    const { mailbox, caller } = access(c)
    onlyParameters(c, ['maxResults', 'pageToken', 'q', 'labelIds', 'includeSpamTrash'])
    if (c.req.query('q') !== undefined && metadataOnly(caller)) {
      throw new GoogleProblem(403, 'forbidden', "Metadata scope does not support 'q' parameter")
    }
    const size = whole(c, 'maxResults', 100, 500)
    const offset = offsetOf(c)
    const found = [...mailbox.messages.values()]
      .filter((message) => !labelsOf(message).some((label) => label === 'SPAM' || label === 'TRASH'))
      .sort((a, b) => b.at - a.at)
    const page = found.slice(offset, offset + size)
    return answer(c, {
      ...(page.length > 0 ? { messages: page.map(({ id }) => ({ id, threadId: id })) } : {}),
      ...(offset + size < found.length ? { nextPageToken: String(offset + size) } : {}),
      resultSizeEstimate: found.length,
    })
  })
  routes.get('/gmail/v1/users/:user/messages/:id', (c) => {
    const { mailbox, caller } = access(c)
    onlyParameters(c, ['format', 'metadataHeaders'])
    const format = c.req.query('format') ?? 'full'
    if (metadataOnly(caller) && format !== 'metadata' && format !== 'minimal') {
      throw new GoogleProblem(403, 'forbidden', `Metadata scope doesn't allow format ${format.toUpperCase()}`)
    }
    const message = mailbox.messages.get(c.req.param('id'))
    if (!message) throw notFound()
    const wanted = c.req.queries('metadataHeaders')?.map((name) => name.toLowerCase())
    const headers = Object.entries(message.headers)
      .filter(([name]) => !wanted || wanted.includes(name.toLowerCase()))
      .map(([name, value]) => ({ name, value }))
    return answer(c, {
      id: message.id,
      threadId: message.id,
      labelIds: labelsOf(message),
      snippet: (message.body ?? '').slice(0, 100),
      historyId: String(message.historyId),
      internalDate: String(message.at),
      sizeEstimate: 2000,
      ...(format === 'minimal' ? {} : { payload: { partId: '', mimeType: 'text/plain', headers } }),
    })
  })
  routes.get('/gmail/v1/users/:user/history', (c) => {
    const { mailbox } = access(c)
    onlyParameters(c, ['startHistoryId', 'historyTypes', 'maxResults', 'pageToken', 'labelId'])
    const start = Number(c.req.query('startHistoryId') ?? Number.NaN)
    if (!Number.isInteger(start)) throw new GoogleProblem(400, 'invalidArgument', 'Missing startHistoryId')
    if (start < mailbox.oldest) throw notFound()
    const size = whole(c, 'maxResults', 100, 500)
    const offset = offsetOf(c)
    const found = mailbox.added.filter(({ historyId }) => historyId > start)
    const history = found.slice(offset, offset + size).map(({ historyId, id }) => {
      const message = mailbox.messages.get(id)
      const ref = { id, threadId: id, ...(message ? { labelIds: labelsOf(message) } : {}) }
      return { id: String(historyId), messages: [{ id, threadId: id }], messagesAdded: [{ message: ref }] }
    })
    return answer(c, {
      ...(history.length > 0 ? { history } : {}),
      ...(offset + size < found.length ? { nextPageToken: String(offset + size) } : {}),
      historyId: String(mailbox.historyId),
    })
  })

  return {
    routes,
    control: {
      open: (mailbox) => void open(mailbox),
      deliver(name, messages) {
        const mailbox = open(name)
        for (const message of messages) {
          const historyId = ++mailbox.historyId
          mailbox.messages.set(message.id, { ...message, historyId })
          mailbox.added.push({ historyId, id: message.id })
        }
      },
      remove(name, id) {
        const mailbox = open(name)
        mailbox.historyId++
        mailbox.messages.delete(id)
      },
      expireHistory(name) {
        const mailbox = open(name)
        mailbox.oldest = ++mailbox.historyId
      },
    },
  }
}

const notFound = () => new GoogleProblem(404, 'notFound', 'Requested entity was not found.')

function offsetOf(c: Context): number {
  const token = c.req.query('pageToken')
  if (token === undefined) return 0
  if (!/^\d+$/.test(token)) throw new GoogleProblem(400, 'invalidArgument', 'Invalid pageToken')
  return Number(token)
}
