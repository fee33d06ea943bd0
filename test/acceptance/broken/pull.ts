import * as z from 'zod'
import { incremental, type PageRequest, type PageResult, RateLimitError, TransientError } from '#kit'
import { withStream } from './records.ts'
import { type Config, Contact, page, people, soundSubject } from './sound.ts'
import type { Broken } from './types.ts'

const reads = (one: (request: PageRequest<Config>) => Promise<PageResult>) =>
  soundSubject({ connector: withStream({ pull: incremental({ lag: '10m', page: one }) }) })

const get = (request: PageRequest<Config>, more: object = {}) =>
  request.http.request<{ data: unknown[]; next?: string | null }>({
    url: '/v1/contacts',
    query: { page: request.token ?? '1' },
    signal: request.signal,
    ...more,
  })

const toPage = ({ data, next }: { data: unknown[]; next?: string | null }): PageResult => ({
  records: data,
  next: next ?? undefined,
})

export const pull: Broken[] = [
  {
    fault: 'has fixtures of one page',
    fails: 'is read page by page',
    make: () =>
      soundSubject({
        files: (files) => {
          const one = {
            request: { path: '/v1/contacts', query: { page: '1' } },
            response: { body: { data: people, next: null } },
          }
          files['contacts.json'].exchanges.splice(0, 2, one)
        },
      }),
  },
  {
    fault: 'begins anew where it was stopped',
    fails: 'resumes after any page',
    make: () =>
      soundSubject({
        connector: withStream({
          pull: {
            async *read(ctx) {
              let token: string | undefined
              do {
                const now = ctx.now()
                const request = { ...ctx, since: undefined, until: now, token } as PageRequest<Config>
                const { records, next } = await page(request)
                token = next
                const isLast = next === undefined
                yield { records, deleted: [], isLast, fetchedAt: now, cursor: { since: now } }
              } while (token !== undefined)
            },
          },
        }),
      }),
  },
  {
    fault: 'loses the page at which it was stopped',
    fails: 'resumes after any page',
    make: () => {
      const sound = incremental<Config>({ lag: '10m', page })
      return soundSubject({
        connector: withStream({
          pull: {
            read: async function* (ctx, cursor) {
              if (cursor && 'run' in cursor) return
              yield* sound.read(ctx as PageRequest<Config>, cursor)
            },
          },
        }),
      })
    },
  },
  {
    fault: 'finds every record changed in every run',
    fails: 'finds nothing new in unchanged data',
    make: () =>
      reads(async (request) => {
        const { records, ...rest } = await page(request)
        if (request.since === undefined) return { records, ...rest }
        return { ...rest, records: records.map((record) => ({ ...(record as object), seen: request.since })) }
      }),
  },
  {
    fault: 'repeats at once what the vendor asked to wait for',
    fails: 'waits as long as Retry-After says',
    make: () =>
      reads(async (request) => {
        for (;;) {
          const { status, headers, data } = await get(request, { accept: [429] })
          if (status !== 429) return toPage(data)
          const retryAfterMs = Number(headers.get('retry-after')) * 1000
          if (retryAfterMs > 30_000) throw new RateLimitError('http.rate_limited', 'busy', { retryAfterMs })
        }
      }),
  },
  {
    fault: 'takes a busy vendor for the end of the data',
    fails: 'hands a long Retry-After on',
    make: () =>
      reads((request) =>
        page(request).catch((error) => {
          if (error instanceof RateLimitError) return { records: [] }
          throw error
        }),
      ),
  },
  {
    fault: 'reads with a POST that must not be repeated',
    fails: 'repeats what failed at the vendor',
    make: () =>
      soundSubject({
        connector: withStream({
          pull: incremental<Config>({
            lag: '10m',
            page: async (request) => {
              const json = { page: request.token ?? '1' }
              const { data } = await get(request, {
                method: 'POST',
                query: undefined,
                url: '/v1/contacts/search',
                json,
              })
              return toPage(data)
            },
          }),
        }),
        files: (files) => {
          for (const exchange of files['contacts.json'].exchanges.slice(0, 2) as {
            request: { query?: object }
          }[]) {
            const { query } = exchange.request
            exchange.request = { method: 'POST', path: '/v1/contacts/search', body: query } as object
          }
        },
      }),
  },
  {
    fault: 'takes an outage for the end of the data',
    fails: 'tells an outage',
    make: () =>
      reads((request) =>
        page(request).catch((error) => {
          if (error instanceof TransientError && error.code !== 'http.aborted') return { records: [] }
          throw error
        }),
      ),
  },
  {
    fault: 'takes a refusal for an empty account',
    fails: 'tells refused credentials',
    make: () =>
      reads(async (request) => {
        const { status, data } = await get(request, { accept: [401] })
        return status === 401 ? { records: [] } : toPage(data)
      }),
  },
  {
    fault: 'loses a page for one bad record',
    fails: 'reads the others beside a bad record',
    make: () =>
      reads(async (request) => {
        const Strict = z.looseObject({ data: z.array(Contact), next: z.string().nullish() })
        const { data } = await get(request, { schema: Strict })
        return toPage(data)
      }),
  },
  {
    fault: 'leaves a bad record out without a word',
    fails: 'reads the others beside a bad record',
    make: () =>
      reads(async (request) => {
        const { records, ...rest } = await page(request)
        return { ...rest, records: records.filter((record) => Contact.safeParse(record).success) }
      }),
  },
  {
    fault: 'does not hear that it is to stop',
    fails: 'stops when it is aborted',
    make: () => reads(async (request) => toPage((await get(request, { signal: undefined })).data)),
  },
]
