import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { checksOf } from './checks.ts'
import { folders, subjectOf } from './folders.ts'
import type { Check } from './subject.ts'

/** Registers every check of every connector as a test. */
export function describeAcceptance(): void {
  test('the registry lists every folder once, in order', () => {
    expect(connectors.map(({ name }) => name)).toEqual(folders)
  })
  for (const folder of folders) {
    for (const { title, run } of checksFor(folder)) test(`${folder} › ${title}`, run)
  }
}

/** Fixtures that cannot be read fail one test of their connector, and not the file of all. */
function checksFor(folder: string): Check[] {
  try {
    return checksOf(subjectOf(folder))
  } catch (error) {
    const name = 'has fixtures that can be read'
    return [{ name, title: name, run: () => Promise.reject(error) }]
  }
}
