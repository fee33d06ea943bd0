import { expect } from 'vitest'
import { AuthError, TransientError } from '#kit'
import { type Check, openSession, refuseUnknown, type SessionOptions, type Subject } from '../subject.ts'
import { failureOf } from './failure.ts'

/** `check` proves credentials with one cheap call. */
export function credentialChecks(subject: Subject): Check[] {
  const { connector, fixtures } = subject
  if (!connector.check) return []
  const ask = async (options: SessionOptions = {}) => {
    const session = openSession(subject, options)
    await connector.check!(session.ctx)
    return session
  }
  const check = (name: string, run: () => Promise<void>): Check => ({ name, title: name, run })
  return [
    check('check passes', async () => {
      const session = openSession(subject)
      await connector.check!(session.ctx).finally(() => refuseUnknown(session))
      expect(session.vendor.asked.length, 'check asked the vendor nothing').toBeGreaterThan(0)
    }),
    check('check tells refused credentials', async () => {
      const { refused } = fixtures.connection
      expect(await failureOf(() => ask({ interfere: () => refused }))).toBeInstanceOf(AuthError)
    }),
    check('check tells an outage', async () => {
      const down = () => {
        throw new TypeError('fetch failed')
      }
      expect(await failureOf(() => ask({ interfere: down }))).toBeInstanceOf(TransientError)
    }),
  ]
}
