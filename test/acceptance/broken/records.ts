import * as z from 'zod'
import type { AnyConnector } from '#kit'
import { Contact, connector, contacts, map, people, soundSubject } from './sound.ts'
import type { Broken } from './types.ts'

type AnyStream = NonNullable<AnyConnector['streams']>[string]

export const withStream = (change: Partial<AnyStream>): AnyConnector => ({
  ...connector,
  streams: { contacts: { ...(contacts as AnyStream), ...change } },
})

export const records: Broken[] = [
  {
    fault: 'refuses a record of the vendor',
    fails: 'has records that parse',
    make: () =>
      soundSubject({
        connector: withStream({
          record: Contact.refine(({ id }) => id !== 'c3'),
        }),
        files: (files) => {
          delete files['contacts.expected.json'].c3
        },
      }),
  },
  {
    fault: 'has one key for two records',
    fails: 'has unique, stable keys',
    make: () =>
      soundSubject({
        files: (files) => {
          const twin = { ...people[2], id: 'c2' }
          files['contacts.json'].exchanges[1] = {
            request: { path: '/v1/contacts', query: { page: '2' } },
            response: { body: { data: [twin], next: null } },
          }
          const expected = files['contacts.expected.json']
          expected.c2 = expected.c3!
          delete expected.c3
        },
      }),
  },
  {
    fault: 'takes seconds for milliseconds',
    fails: 'has versions that are instants',
    make: () => soundSubject({ connector: withStream({ updatedAt: () => 1_770_000_000 }) }),
  },
  {
    fault: 'looks at the clock while mapping',
    fails: 'maps purely',
    make: () =>
      soundSubject({ connector: withStream({ map: (record) => (Date.now() > 0 ? map(record) : []) }) }),
  },
  {
    fault: 'throws a die while mapping',
    fails: 'maps purely',
    make: () =>
      soundSubject({ connector: withStream({ map: (record) => (Math.random() >= 0 ? map(record) : []) }) }),
  },
  {
    fault: 'changes the record while mapping',
    fails: 'maps purely',
    make: () =>
      soundSubject({
        connector: withStream({
          map(record) {
            record.tags?.sort()
            return map(record)
          },
        }),
      }),
  },
  {
    fault: 'invents fields that the model does not have',
    fails: 'maps to the canonical model',
    make: () =>
      soundSubject({
        connector: withStream({ map: (record) => map(record).map((said) => ({ ...said, colour: 'red' })) }),
        files: (files) => {
          for (const [said] of Object.values(files['contacts.expected.json']))
            Object.assign(said as object, { colour: 'red' })
        },
      }),
  },
  {
    fault: 'maps otherwise than a person has reviewed',
    fails: 'maps as expected',
    make: () =>
      soundSubject({
        files: (files) => {
          files['contacts.expected.json'].c1 = []
        },
      }),
  },
  {
    fault: 'cannot do without an optional field',
    fails: 'survives what the vendor may leave out',
    make: () =>
      soundSubject({
        connector: withStream({
          map(record) {
            const { length } = record.tags
            return length >= 0 ? map(record) : []
          },
        }),
      }),
  },
  {
    fault: 'refuses a field that the vendor adds',
    fails: 'ignores fields of the future',
    make: () => soundSubject({ connector: withStream({ record: z.strictObject(Contact.shape) }) }),
  },
  {
    fault: 'knows all statuses there will ever be',
    fails: 'survives statuses of the future',
    make: () =>
      soundSubject({ connector: withStream({ record: Contact.extend({ status: z.enum(['active']) }) }) }),
  },
]
