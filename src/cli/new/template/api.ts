import * as z from 'zod'
import type { ConnectorContext, PageRequest, PageResult } from '#kit'
import { isoInstant } from '#model'

const Text = z.string().nullish()

/** A contact. Loose, with only the fields that are used; texts with a fixed set of values stay texts. */
export const Contact = z.looseObject({
  id: z.string().min(1),
  email: Text,
  first_name: Text,
  last_name: Text,
  company: z.looseObject({ name: Text, domain: Text }).nullish(),
  status: Text,
  created_at: z.string(),
  updated_at: z.string(),
})
export type Contact = z.infer<typeof Contact>

/** Records stay unchecked here, so that a bad one does not cost its neighbours. */
const ContactPage = z.looseObject({ data: z.array(z.unknown()), next_cursor: Text })

export const Me = z.looseObject({ id: z.string() })

const PAGE_SIZE = 100

/** One request: the engine owns loop, cursor, overlap and repetition. */
export async function readPage<C>({ http, since, token, signal }: PageRequest<C>): Promise<PageResult> {
  const { data } = await http.request({
    url: '/v1/contacts',
    query: {
      limit: PAGE_SIZE,
      sort: 'updated_at',
      updated_since: since === undefined ? undefined : isoInstant(since),
      cursor: token,
    },
    schema: ContactPage,
    signal,
  })
  return { records: data.data, next: data.next_cursor ?? undefined }
}

/** What a webhook's hint is turned into. Contacts that are gone are left out. */
export async function fetchContacts<C>(
  { http, signal }: ConnectorContext<C>,
  ids: string[],
): Promise<unknown[]> {
  const answers = await Promise.all(
    ids.map((id) => http.request({ url: `/v1/contacts/${encodeURIComponent(id)}`, accept: [404], signal })),
  )
  return answers.filter(({ status }) => status !== 404).map(({ data }) => data)
}
