import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { html } from 'hono/html'
import * as z from 'zod'
import { RecordError } from '#kit'
import type { EntityKind, InspectPort, MatchPort, OperationState } from '../engine/ports.ts'
import { findEntity } from './entity.ts'
import { given } from './given.ts'
import { displayName } from './golden.ts'
import { secretMask } from './mask.ts'
import { deadLetterPage } from './pages/dead-letters.ts'
import { detailPage } from './pages/detail.ts'
import { type Markup, type PageOptions, page, pageHeaders } from './pages/layout.ts'
import { listPage, PATHS } from './pages/list.ts'
import { loginRoutes } from './pages/login.ts'
import { startPage } from './pages/start.ts'
import { problemOf } from './problem.ts'

export interface PageDeps {
  inspect: InspectPort
  /** Tells who is probably the same person. */
  match: Pick<MatchPort, 'pairs'>
  guard: MiddlewareHandler
  /** `secrets` of the configuration: masked wherever they appear. */
  secrets: readonly string[]
  /** As the guard has it: with a token, pages offer to sign in and out. */
  adminToken?: string | undefined
  now?: () => number
}

const PAGE_SIZE = 50
/** Of people who are probably the same, shown beside one of them. */
const TWINS = 5
const OPEN: OperationState[] = ['dead', 'held', 'not_stored', 'sending', 'pending']

const Cursor = z.string().min(1).max(1024).optional()
const ListQuery = z.object({
  search: z
    .string()
    .trim()
    .max(200)
    .transform((text) => text || undefined)
    .optional(),
  all: z.literal('true').optional(),
  after: Cursor,
})
const TimelineQuery = z.object({ after: Cursor })
const DeadLetterQuery = z.object({
  stage: z.enum(['receipt', 'record', 'operation']).optional(),
  after: Cursor,
})

/** Server-rendered pages: sign-in, overview, people, accounts, dead letters. Mount at `/`. */
export function pageRoutes({ inspect, match, guard, secrets, adminToken, now }: PageDeps): Hono {
  const app = new Hono()
  app.route('/', loginRoutes({ adminToken, ...(now ? { now } : {}) }))
  const canLeave = Boolean(adminToken)
  const mask = secretMask(secrets)

  // Guarded path by path: the app is mounted at "/", beside doors that are open.
  function serve(
    path: string,
    section: NonNullable<PageOptions['section']>,
    handler: (c: Context) => Promise<{ title: string; body: Markup }>,
  ): void {
    app.get(path, pageHeaders, guard, async (c) => {
      const text = await page({ ...(await handler(c)), section, canLeave })
      return c.html(mask(text.toString()))
    })
  }

  serve('/', '/', async () => ({ title: 'Overview', body: startPage(await inspect.totals()) }))

  for (const kind of ['person', 'account'] as const) {
    serve(PATHS[kind], PATHS[kind], async (c) => {
      const query = given(parse(ListQuery, c))
      const { all, ...page } = query
      const found = await inspect.entities({
        kind,
        limit: PAGE_SIZE,
        ...page,
        ...(all ? {} : { isKnown: true }),
      })
      return { title: kind === 'person' ? 'People' : 'Accounts', body: listPage(kind, found, query) }
    })
    serve(`${PATHS[kind]}/:id`, PATHS[kind], async (c) => {
      const { after } = given(parse(TimelineQuery, c))
      const detail = await loadDetail(kind, c.req.param('id') ?? '', after)
      return {
        title: displayName(detail.entity),
        body: detailPage(detail),
      }
    })
  }

  serve('/dead-letters', '/dead-letters', async (c) => {
    const query = given(parse(DeadLetterQuery, c))
    return {
      title: 'Dead letters',
      body: deadLetterPage(await inspect.deadLetters({ limit: PAGE_SIZE, ...query }), query),
    }
  })

  async function loadDetail(kind: EntityKind, id: string, after: string | undefined) {
    const entity = await findEntity(inspect, kind, id)
    const [twins, touchpoints, account, ...operations] = await Promise.all([
      match.pairs({ entity: entity.id, limit: TWINS }),
      inspect.touchpoints({ limit: PAGE_SIZE, [kind]: entity.id, ...(after !== undefined ? { after } : {}) }),
      entity.account ? inspect.entity(entity.account) : undefined,
      ...OPEN.map((state) => inspect.operations({ entity: entity.id, state, limit: 20 })),
    ])
    return {
      entity,
      account,
      twins: twins.items,
      touchpoints,
      after,
      operations: operations.flatMap(({ items }) => items),
    }
  }

  app.onError(async (error, c) => {
    const { title, detail, fix, status } = problemOf(error)
    const body = html`<h1>${title}</h1><p>${detail}</p><p class="soft">${fix}</p>`
    c.status(status as 500)
    return c.html(await page({ title, body, section: '/', canLeave }))
  })
  return app
}

function parse<S extends z.ZodType>(schema: S, c: Context): z.output<S> {
  const result = schema.safeParse(c.req.query())
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new RecordError('request.invalid', `${issue?.path.join('.')}: ${issue?.message}`)
}
