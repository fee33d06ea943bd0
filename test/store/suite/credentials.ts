import { expect, test } from 'vitest'
import { type Current, NOW } from './builders.ts'

export function describeCredentials(current: Current): void {
  test('a connection has one credential, replaced as a whole', async () => {
    const { credentials } = current()
    expect(await credentials.get('crm')).toBeUndefined()
    expect(await credentials.put({ connection: 'crm', sealed: 'a', updatedAt: NOW })).toBe(true)
    await credentials.put({ connection: 'mail', sealed: 'm', updatedAt: NOW })
    expect(await credentials.put({ connection: 'crm', sealed: 'b', updatedAt: NOW + 1 })).toBe(true)
    expect(await credentials.get('crm')).toEqual({ connection: 'crm', sealed: 'b', updatedAt: NOW + 1 })
    expect((await credentials.list()).map(({ connection }) => connection)).toEqual(['crm', 'mail'])
    expect(await credentials.remove('crm')).toBe(true)
    expect(await credentials.remove('crm')).toBe(false)
    expect(await credentials.get('crm')).toBeUndefined()
  })

  test('whoever replaces what they have read does not undo what another process wrote meanwhile', async () => {
    const { credentials } = current()
    const row = { connection: 'crm', updatedAt: NOW }
    await credentials.put({ ...row, sealed: 'a' })
    expect(await credentials.put({ ...row, sealed: 'b', ifSealed: 'a' })).toBe(true)
    expect(await credentials.put({ ...row, sealed: 'c', ifSealed: 'a' })).toBe(false)
    expect((await credentials.get('crm'))?.sealed).toBe('b')
    expect(await credentials.put({ connection: 'none', sealed: 'x', updatedAt: NOW, ifSealed: 'y' })).toBe(
      false,
    )
  })
}
