import * as z from 'zod'
import { askGoogle, type ConnectorContext, type GoogleCredentials, googleOptions, hasStatus } from '#kit'

const Text = z.string().nullish()

/** @see https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages */
export const Message = z.looseObject({
  id: z.string().min(1),
  labelIds: z.array(z.string()).nullish(),
  internalDate: Text.describe('Milliseconds as text: when Google took it in'),
  payload: z
    .looseObject({ headers: z.array(z.looseObject({ name: Text, value: Text })).nullish() })
    .nullish(),
})
export type Message = z.infer<typeof Message>

/** A message as one mailbox holds it. */
export const Mail = z.looseObject({ mailbox: z.string(), message: Message })
export type Mail = z.infer<typeof Mail>

const Refs = z.array(z.looseObject({ id: z.string(), labelIds: z.array(z.string()).nullish() })).nullish()
const Profile = z.looseObject({ historyId: z.string() })
const Listed = z.looseObject({ messages: Refs, nextPageToken: Text })
const History = z.looseObject({
  history: z
    .array(
      z.looseObject({
        messagesAdded: z
          .array(
            z.looseObject({
              message: z.looseObject({ id: z.string(), labelIds: z.array(z.string()).nullish() }),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
  nextPageToken: Text,
  historyId: z.string(),
})

/** What tells who wrote to whom, and whether a person did. Bodies, attachments and snippets never leave Google. */
const HEADERS = [
  'From',
  'To',
  'Cc',
  'Bcc',
  'Date',
  'Message-ID',
  'Auto-Submitted',
  'Precedence',
  'List-Id',
  'List-Unsubscribe',
]

type Context = ConnectorContext<GoogleCredentials & { subjects: boolean }>

/** Loaded by the first call: the SDK takes longer to load than the rest of the hub, and most hubs have no use for it. */
async function open(ctx: Context) {
  // The default: a bundler gives a CommonJS module that is loaded late no other names.
  const { default: sdk } = await import('googleapis/build/src/apis/gmail/v1.js')
  return new sdk.gmail_v1.Gmail(googleOptions(ctx)).users
}

export const getProfile = (ctx: Context, userId: string) =>
  askGoogle(Profile, async () => (await open(ctx)).getProfile({ userId }))

/** Newest first. Without a query: the scope for metadata forbids one. */
export const listMessages = (ctx: Context, userId: string, pageToken: string | undefined) =>
  askGoogle(Listed, async () =>
    (await open(ctx)).messages.list({ userId, maxResults: 100, ...(pageToken ? { pageToken } : {}) }),
  )

export const listHistory = (
  ctx: Context,
  userId: string,
  startHistoryId: string,
  pageToken: string | undefined,
) =>
  askGoogle(History, async () =>
    (await open(ctx)).history.list({
      userId,
      startHistoryId,
      historyTypes: ['messageAdded'],
      maxResults: 100,
      ...(pageToken ? { pageToken } : {}),
    }),
  )

/** Those that still exist; a draft is gone once it was sent. */
export async function getMessages(ctx: Context, userId: string, ids: string[]): Promise<unknown[]> {
  const found = await Promise.all(
    ids.map(async (id) => {
      try {
        return await askGoogle(z.unknown(), async () =>
          (await open(ctx)).messages.get({
            userId,
            id,
            format: 'metadata',
            metadataHeaders: ctx.config.subjects ? [...HEADERS, 'Subject'] : HEADERS,
            fields: 'id,threadId,labelIds,internalDate,payload/headers',
          }),
        )
      } catch (error) {
        if (hasStatus(error, 404)) return undefined
        throw error
      }
    }),
  )
  return found.filter((message) => message !== undefined)
}
