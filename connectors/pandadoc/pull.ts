import { type ConnectorContext, incremental, type PageRequest, type PageResult } from '#kit'
import { isoInstant } from '#model'
import { DocumentList } from './api.ts'

/** Most that PandaDoc gives per page. */
const PAGE = 100

/** Not there any more, or not processed yet: the latter comes back as modified when it is. */
const GONE = [404, 409]

/**
 * Pages by the modification time that the last page ended with, not by number: a document that is edited meanwhile
 * moves to the end and would push another one out of the pages still to come.
 */
export const pullDocuments = <C>() => incremental<C>({ lag: '10m', page })

interface Token {
  from?: string
  page: number
}

async function page<C>(request: PageRequest<C>): Promise<PageResult> {
  const { since, until, token } = request
  const at: Token =
    token === undefined
      ? { ...(since === undefined ? {} : { from: isoInstant(since) }), page: 1 }
      : JSON.parse(token)
  const { data } = await request.http.request({
    url: '/public/v1/documents',
    query: {
      count: PAGE,
      page: at.page,
      order_by: 'date_modified',
      modified_from: at.from,
      modified_to: isoInstant(until),
    },
    schema: DocumentList,
    signal: request.signal,
  })
  const records = await fetchDocuments(
    request,
    data.results.map(({ id }) => id),
  )
  if (data.results.length < PAGE) return { records }
  const last = data.results.at(-1)!.date_modified
  const next: Token = last === at.from ? { ...at, page: at.page + 1 } : { from: last, page: 1 }
  return { records, next: JSON.stringify(next) }
}

/** The list tells neither amounts nor recipients; the details of each document do. */
export async function fetchDocuments<C>(
  { http, signal }: ConnectorContext<C>,
  ids: string[],
): Promise<unknown[]> {
  const answers = await Promise.all(
    ids.map((id) =>
      http.request({ url: `/public/v1/documents/${encodeURIComponent(id)}/details`, accept: GONE, signal }),
    ),
  )
  return answers.filter(({ status }) => !GONE.includes(status)).map(({ data }) => data)
}
