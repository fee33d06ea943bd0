import * as z from 'zod'
import { type AccountPage, type AccountRequest, hasStatus, perAccount } from '#kit'
import { DAY_MS } from '#model'
import { getMessages, getProfile, listHistory, listMessages, Mail, Message } from './api.ts'
import { type GmailConfig, isLesserCopy, isRelevant } from './map.ts'

/** Where the mailbox's history goes on. */
const Kept = z.string()
/** With `from` a page of a first read, and where the history goes on after it. */
const At = z.object({ page: z.string().optional(), from: z.string().optional() })
type Request = AccountRequest<GmailConfig, string, z.infer<typeof At>>
type Page = AccountPage<string, z.infer<typeof At>>

/** By the mailbox's history; from its newest messages back where there is none, or Google has forgotten it. */
export const pullMessages = perAccount<GmailConfig, string, z.infer<typeof At>>({
  kept: Kept,
  at: At,
  accounts: ({ users }) => (users.length > 0 ? users : ['me']),
  page: (request) =>
    request.kept === undefined ? readMessages(request) : readHistory(request, request.kept),
  isStale: (error, { at }) => hasStatus(error, 404, ...(at?.page ? [400] : [])),
})

async function readMessages(request: Request): Promise<Page> {
  const { account, at, until, config } = request
  // Before the first page: what arrives while messages are read is history.
  const from = at?.from ?? (await getProfile(request, account)).historyId
  const { messages, nextPageToken } = await listMessages(request, account, at?.page)
  const found = await getMessages(
    request,
    account,
    (messages ?? []).map(({ id }) => id),
  )
  const oldest = until - config.historyDays * DAY_MS
  const isRecent = (message: unknown) =>
    Number(Message.safeParse(message).data?.internalDate ?? until) >= oldest
  const recent = found.filter(isRecent)
  const records = toRecords(recent, request)
  // Newest first, though only roughly: a whole page of old messages is the end.
  const isEnd = !nextPageToken || (found.length > 0 && recent.length === 0)
  return isEnd ? { records, keep: from } : { records, next: { page: nextPageToken, from } }
}

const NOT_SENT = ['DRAFT', 'SPAM', 'TRASH', 'CHAT']

async function readHistory(request: Request, start: string): Promise<Page> {
  const { account, at } = request
  const { history, nextPageToken, historyId } = await listHistory(request, account, start, at?.page)
  const added = (history ?? [])
    .flatMap(({ messagesAdded }) => messagesAdded ?? [])
    .filter(({ message }) => !message.labelIds?.some((label) => NOT_SENT.includes(label)))
  const ids = [...new Set(added.map(({ message }) => message.id))]
  const records = toRecords(await getMessages(request, account, ids), request)
  return nextPageToken ? { records, next: { page: nextPageToken } } : { records, keep: historyId }
}

/** Mail among colleagues and from machines is never stored. What has no shape goes on, to be set aside by itself. */
function toRecords(messages: unknown[], { account, config }: Request): unknown[] {
  return messages.flatMap((message) => {
    const record = { mailbox: account, message }
    const parsed = Mail.safeParse(record)
    if (!parsed.success) return [record]
    const mail = parsed.data
    if (mail.message.labelIds?.some((label) => NOT_SENT.includes(label))) return []
    return isRelevant(mail, config) && !isLesserCopy(mail, config) ? [record] : []
  })
}
