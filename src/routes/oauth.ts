import { type Context, Hono } from 'hono'
import { AuthError, connectionOfState, HubError, reportOf } from '#kit'
import type { Connection } from '../engine/connection.ts'
import { messagePage } from './message-page.ts'
import { problem } from './problem.ts'

export const CALLBACK_PATH = '/oauth/callback'

/**
 * Where a vendor sends the browser after its owner has agreed (RFC 6749, section 4.1.2). Open: the state proves that we
 * asked, and for which connection. Mount at `/`.
 */
export function oauthRoutes(options: { connection(name: string): Connection | undefined }): Hono {
  return new Hono().get(CALLBACK_PATH, async (c) => {
    // The address holds a code; it must not be kept, nor told to the next page.
    c.header('cache-control', 'no-store')
    c.header('referrer-policy', 'no-referrer')
    return await answerBrowser(c, () => finishConsent(c.req.query(), options))
  })
}

/** A page for whoever sits before the browser; problem+json for programs. What came back was wrong, not the hub: 400. */
export async function answerBrowser(c: Context, finish: () => Promise<Connection>): Promise<Response> {
  try {
    const { name } = await finish()
    return c.html(page(`${name} is connected`, 'Tributary may use it from now on. You can close this page.'))
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    if (!c.req.header('accept')?.includes('text/html')) return problem(error, { status: 400 })
    return c.html(page('Not connected', `${error.message}. ${reportOf(error).fix}`), 400)
  }
}

/**
 * Takes what the vendor put into the callback's query.
 * @throws AuthError auth.denied · auth.state_invalid · auth.rejected
 */
export async function finishConsent(
  query: Record<string, string | undefined>,
  { connection: find }: { connection(name: string): Connection | undefined },
): Promise<Connection> {
  const { state = '', code, error, error_description: why } = query
  const connection = find(connectionOfState(state) ?? '')
  if (!connection?.consent) {
    throw new AuthError('auth.state_invalid', 'This answer names no connection that was waiting for one')
  }
  if (error !== undefined || !code) {
    const said = [error ?? 'no code came back', why].filter(Boolean).join(': ')
    throw new AuthError('auth.denied', `${connection.name} was not let in (${said})`)
  }
  await connection.consent.finish({ state, code })
  return connection
}

const page = (title: string, text: string) => messagePage({ title, text, tab: `${title} · Tributary` })
