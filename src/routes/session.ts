import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { equalBytes, hmac, toHex } from '#kit'

const COOKIE = 'tributary_session'
const LIFETIME_MS = 12 * 3_600_000

/** Compares digests, so that neither content nor length of the token shows in the time it takes. */
export async function isAdminToken(given: string, adminToken: string): Promise<boolean> {
  const [a, b] = await Promise.all([
    hmac('SHA-256', adminToken, given),
    hmac('SHA-256', adminToken, adminToken),
  ])
  return equalBytes(a, b)
}

/** The cookie holds its own end and a signature under the admin token: a new token ends every session. */
const sign = async (adminToken: string, expiresAt: number): Promise<string> =>
  toHex(await hmac('SHA-256', adminToken, `tributary session until ${expiresAt}`))

export async function openSession(c: Context, adminToken: string, now: number): Promise<void> {
  const expiresAt = now + LIFETIME_MS
  setCookie(c, COOKIE, `${expiresAt}.${await sign(adminToken, expiresAt)}`, {
    httpOnly: true,
    sameSite: 'Strict',
    secure: isSecure(c),
    path: '/',
    maxAge: LIFETIME_MS / 1000,
  })
}

export async function hasSession(c: Context, adminToken: string, now: number): Promise<boolean> {
  const [expiresAt = '', signature = ''] = (getCookie(c, COOKIE) ?? '').split('.')
  if (!/^\d{1,15}$/.test(expiresAt) || Number(expiresAt) <= now) return false
  const encoder = new TextEncoder()
  return equalBytes(encoder.encode(signature), encoder.encode(await sign(adminToken, Number(expiresAt))))
}

export function closeSession(c: Context): void {
  deleteCookie(c, COOKIE, { path: '/', secure: isSecure(c) })
}

const isSecure = (c: Context): boolean =>
  new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto') === 'https'
