import { expect, test } from 'vitest'
import { BROKEN } from './broken/index.ts'
import { soundSubject } from './broken/sound.ts'
import { checksOf } from './checks.ts'
import { subjectOf } from './folders.ts'
import type { Subject } from './subject.ts'

async function failuresOf(subject: Subject): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>()
  for (const { name, run } of checksOf(subject)) await run().catch((error) => failures.set(name, error))
  return failures
}

/** Registers a test for each broken connector: exactly the check that it breaks must fail. */
export function describeBroken(): void {
  test('a connector without fault passes every check', async () => {
    expect(await failuresOf(await soundSubject())).toEqual(new Map())
  })

  test('every check is broken by somebody', async () => {
    const names = [subjectOf('hubspot'), await soundSubject()].flatMap((subject) =>
      checksOf(subject).map(({ name }) => name),
    )
    expect([...new Set(names)].filter((name) => !BROKEN.some(({ fails }) => fails === name))).toEqual([])
  })

  for (const { fault, fails, make } of BROKEN) {
    test(`a connector that ${fault} fails: ${fails}`, async () => {
      const failures = await failuresOf(await make())
      for (const [name, error] of failures) if (name !== fails) throw error
      expect([...failures.keys()]).toEqual([fails])
    })
  }
}
