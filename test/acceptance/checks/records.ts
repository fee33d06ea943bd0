import { expect } from 'vitest'
import { RecordError } from '#kit'
import { Contribution } from '#model'
import { type Check, configOf, keep, mapped, type Subject, streamOf, throughJson } from '../subject.ts'
import { knownKept, knownRecords, listedRecords } from './known-records.ts'
import { mutantsOf } from './mutants.ts'
import { deepFreeze, inStillWorld } from './still-world.ts'

/** What records are, and what `map` makes of them. */
export function recordChecks(subject: Subject, name: string): Check[] {
  const stream = streamOf(subject, name)
  const check = (what: string, run: () => Promise<void>): Check => ({
    name: what,
    title: `${name}: ${what}`,
    run,
  })
  const context = () => ({ connection: 'acceptance', config: configOf(subject) })
  const { now } = subject.fixtures.connection

  return [
    check('has records that parse', async () => {
      const records = await knownRecords(subject, name)
      expect(records.length, 'the fixtures bring at least one record').toBeGreaterThan(0)
      for (const raw of records) stream.record.parse(raw)
    }),
    check('has unique, stable keys', async () => {
      const byKey = new Map<string, string>()
      for (const raw of await listedRecords(subject, name)) {
        const { key } = keep(stream, raw) ?? {}
        if (key === undefined) continue
        expect(key.trim()).not.toBe('')
        expect(keep(stream, reversed(raw))?.key, 'the key does not depend on the order of fields').toBe(key)
        const same = JSON.stringify(mapped(subject, name, raw))
        expect(byKey.get(key) ?? same, `two different records have the key ${key}`).toBe(same)
        byKey.set(key, same)
      }
    }),
    check('has versions that are instants', async () => {
      for (const { key, version } of await knownKept(subject, name)) {
        if (version === undefined) continue
        expect(Number.isSafeInteger(version), `version of ${key}: ${version}`).toBe(true)
        expect(version).toBeGreaterThan(Date.UTC(1990, 0))
        expect(version, `version of ${key} is in the future`).toBeLessThan(now + 86_400_000)
      }
    }),
    check('maps purely', async () => {
      const config = deepFreeze(configOf(subject))
      for (const { raw } of await knownKept(subject, name)) {
        const once = () =>
          stream.map(deepFreeze(stream.record.parse(raw)), { connection: 'acceptance', config })
        const first = inStillWorld(once)
        expect(throughJson(inStillWorld(once))).toEqual(throughJson(first))
      }
    }),
    check('maps to the canonical model', async () => {
      for (const { raw } of await knownKept(subject, name)) {
        const contributions = stream.map(stream.record.parse(raw), context())
        for (const contribution of contributions) {
          const parsed = Contribution.parse(contribution)
          expect(throughJson(contribution), 'has fields that the model does not know').toEqual(
            throughJson(parsed),
          )
        }
      }
    }),
    check('maps as expected', async () => {
      const expected = subject.fixtures.expected[name] ?? {}
      const kept = await knownKept(subject, name)
      const actual = Object.fromEntries(kept.map(({ key, raw }) => [key, mapped(subject, name, raw)]))
      expect(actual).toEqual(expected)
    }),
    check('survives what the vendor may leave out', async () => {
      for (const { raw } of await knownKept(subject, name)) {
        for (const { path, value } of mutantsOf(raw)) expectSurvival(subject, name, path, value)
      }
    }),
    check('ignores fields of the future', async () => {
      for (const { key, raw } of await knownKept(subject, name)) {
        const more = { ...(raw as object), a_field_of_the_future: { deep: [1] } }
        expect(stream.record.safeParse(more).success, `${key} with a new field does not parse`).toBe(true)
        expect(keep(stream, more)?.key).toBe(key)
        expect(mapped(subject, name, more)).toEqual(mapped(subject, name, raw))
      }
    }),
    check('survives statuses of the future', async () => {
      for (const { raw } of await knownKept(subject, name)) {
        for (const { path, value } of mutantsOf(raw, 'status')) {
          expect(stream.record.safeParse(value).success, `an unknown ${path} does not parse`).toBe(true)
          expectSurvival(subject, name, path, value)
        }
      }
    }),
  ]
}

/** A record that lacks something is mapped, or refused as a record; anything else would end the run. */
function expectSurvival(subject: Subject, name: string, path: string, value: unknown): void {
  const stream = streamOf(subject, name)
  const parsed = stream.record.safeParse(value)
  if (!parsed.success) return
  const key = stream.key(parsed.data)
  const version = stream.updatedAt?.(parsed.data)
  expect(typeof key === 'string' && key !== '', `${path}: no key`).toBe(true)
  expect(version === undefined || Number.isSafeInteger(version), `${path}: version ${version}`).toBe(true)
  try {
    const contributions = stream.map(parsed.data, { connection: 'acceptance', config: configOf(subject) })
    for (const contribution of contributions) Contribution.parse(contribution)
  } catch (error) {
    if (error instanceof RecordError) return
    throw new Error(`${path}: ${JSON.stringify(at(value, path))}: ${String(error)}`, { cause: error })
  }
}

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce((part, name) => (part as Record<string, unknown> | undefined)?.[name], value)

/** The same record with its fields in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, reversed(part)]),
  )
}
