import * as z from 'zod'
import { HubError, isRetryable } from './errors.ts'
import type { ConnectorContext, Cursor, Page, Pull } from './source.ts'

/** One request for one account. */
export interface AccountRequest<C, Kept, At> extends ConnectorContext<C> {
  account: string
  /** Upper bound, frozen when the run began. */
  until: number
  /** What the last complete read of this account kept; undefined on its first one. */
  kept: Kept | undefined
  /** Where this read goes on; undefined on its first page. */
  at: At | undefined
}

export interface AccountPage<Kept, At> {
  records: unknown[]
  /** Where the next page of this account begins; absent on its last one. */
  next?: At
  /** With the last page: where the next run begins. The account is read from its beginning again where absent. */
  keep?: Kept
}

/**
 * Reads account after account (mailbox, calendar), each by the vendor's own token of changes. An account that cannot be read
 * is told at the end, after the others were; outages end the run where it stands.
 */
export function perAccount<C, Kept, At>(options: {
  kept: z.ZodType<Kept>
  at: z.ZodType<At>
  accounts(config: C): string[]
  page(request: AccountRequest<C, Kept, At>): Promise<AccountPage<Kept, At>>
  /** Whether what was kept, or where to go on, is worth nothing any more: the account is read from its beginning. */
  isStale(error: unknown, request: Pick<AccountRequest<C, Kept, At>, 'kept' | 'at'>): boolean
}): Pull<C> {
  const State = z.object({
    /** When the last complete run began; the engine takes a cursor without it for a first read. */
    since: z.int().optional(),
    accounts: z.record(z.string(), options.kept).default({}),
    run: z.object({ until: z.int(), left: z.array(z.string()), at: options.at.optional() }).optional(),
  })
  return {
    async *read(ctx: ConnectorContext<C>, stored: Cursor | undefined): AsyncGenerator<Page, void, void> {
      const { since, accounts, run } = State.parse(stored ?? {})
      const until = run?.until ?? ctx.now()
      let left = run?.left ?? options.accounts(ctx.config)
      let at = run?.at
      let failure: HubError | undefined
      let hasRead = false
      const cursor = (): Cursor => ({
        ...(left.length === 0 ? { since: until } : since === undefined ? {} : { since }),
        accounts: { ...accounts },
        ...(left.length === 0 ? {} : { run: { until, left, ...(at === undefined ? {} : { at }) } }),
      })
      while (left.length > 0) {
        ctx.signal.throwIfAborted()
        const fetchedAt = ctx.now()
        const [account = '', ...others] = left
        const request = { ...ctx, account, until, kept: accounts[account], at }
        let page: AccountPage<Kept, At> | undefined
        try {
          page = await options.page(request)
        } catch (error) {
          const isFresh = request.kept === undefined && at === undefined
          if (!isFresh && options.isStale(error, request)) {
            delete accounts[account]
            at = undefined
            continue
          }
          if (!(error instanceof HubError) || isRetryable(error)) throw error
          ctx.log.warn('account not read', { account, error: error.message })
          failure ??= error
        }
        at = page?.next
        if (at === undefined) left = others
        if (!page) continue
        if (page.next === undefined) {
          if (page.keep === undefined) delete accounts[account]
          else accounts[account] = page.keep
        }
        hasRead = true
        yield {
          records: page.records,
          deleted: [],
          isLast: left.length === 0 && !failure,
          fetchedAt,
          cursor: cursor(),
        }
      }
      if (!failure) return
      // What was read of the others is kept, and the next run begins anew with all of them.
      if (hasRead) yield { records: [], deleted: [], isLast: false, fetchedAt: ctx.now(), cursor: cursor() }
      throw failure
    },
  }
}
