import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type KnownIdentifier,
  type KnownStitch,
  type Mention,
  type NormalisedIdentifier,
  resolve,
} from '../../src/identity/index.ts'

const id = (kind: NormalisedIdentifier['kind'], value: string): NormalisedIdentifier => ({
  entityKind: 'person',
  kind,
  value,
})
const deriveId = (_: string, { kind, value }: { kind: string; value: string }) => `${kind}:${value}`
const mention = (at: number, ...identifiers: NormalisedIdentifier[]): Mention => ({
  entityKind: 'person',
  identifiers,
  at,
})

/** A store in memory: applies one resolution after the other, as absorb does with chunks. */
function createWorld() {
  const identifiers = new Map<string, { identifier: NormalisedIdentifier; entity: string }>()
  const roots = new Map<string, { root: string; createdAt: number }>()
  const stitches: { anonymous: string; person: string; at: number }[] = []
  let clock = 0
  return {
    absorb(mentions: Mention[]) {
      clock++
      const known: KnownIdentifier[] = [...identifiers.values()].map(({ identifier, entity }) => {
        const { root } = roots.get(entity)!
        return { ...identifier, entity, root, rootCreatedAt: roots.get(root)!.createdAt }
      })
      const first = new Map<string, KnownStitch>()
      for (const s of stitches) {
        const held = first.get(s.anonymous)
        if (!held || s.at < held.at || (s.at === held.at && s.person < held.person))
          first.set(s.anonymous, { ...s, personRoot: roots.get(s.person)!.root })
      }
      const out = resolve(mentions, known, [...first.values()], deriveId)
      for (const e of out.created) roots.set(e.id, { root: e.root, createdAt: clock })
      for (const { from, to } of out.merges)
        for (const held of roots.values()) if (held.root === from) held.root = to
      for (const { entity, to } of out.reroots) roots.get(entity)!.root = to
      for (const { entity, ...identifier } of out.identifiers)
        identifiers.set(`${identifier.kind} ${identifier.value}`, { identifier, entity })
      stitches.push(...out.stitches)
      return out
    },
    /** Which identifiers stand together, whatever the entities are called. */
    clusters() {
      const groups = Map.groupBy(identifiers.values(), ({ entity }) => roots.get(entity)!.root)
      return [...groups.values()]
        .map((group) =>
          group
            .map(({ identifier }) => `${identifier.kind}:${identifier.value}`)
            .sort()
            .join(' '),
        )
        .sort()
    },
  }
}

test('identifiers that appear together are one person', () => {
  const world = createWorld()
  world.absorb([mention(1, id('email', 'a@x.co'), id('user_id', '1'))])
  world.absorb([mention(2, id('user_id', '1'), id('vendor_id', 'stripe:cus_1'))])
  expect(world.clusters()).toEqual(['email:a@x.co user_id:1 vendor_id:stripe:cus_1'])
})

test('a record that names two known people makes them one', () => {
  const world = createWorld()
  world.absorb([mention(1, id('email', 'a@x.co')), mention(1, id('vendor_id', 'stripe:cus_1'))])
  const out = world.absorb([mention(2, id('email', 'a@x.co'), id('vendor_id', 'stripe:cus_1'))])
  expect(out.merges).toHaveLength(1)
  expect(world.clusters()).toEqual(['email:a@x.co vendor_id:stripe:cus_1'])
})

test('a shared browser never joins two people; it belongs to who was seen with it first', () => {
  const world = createWorld()
  world.absorb([mention(20, id('anonymous_id', 'browser'), id('email', 'late@x.co'))])
  world.absorb([mention(10, id('anonymous_id', 'browser'), id('email', 'early@x.co'))])
  expect(world.clusters()).toEqual(['anonymous_id:browser email:early@x.co', 'email:late@x.co'])
})

test('visits before the sign-up stand with the person afterwards', () => {
  const world = createWorld()
  const before = world.absorb([mention(1, id('anonymous_id', 'v'))])
  const after = world.absorb([mention(2, id('anonymous_id', 'v'), id('email', 'a@x.co'))])
  expect(before.roots[0]).toBe('anonymous_id:v')
  expect(after.reroots).toEqual([{ entity: 'anonymous_id:v', from: 'anonymous_id:v', to: 'email:a@x.co' }])
})

const anyIdentifier = fc.oneof(
  fc.constantFrom('a@x.co', 'b@x.co', 'c@x.co', 'd@x.co').map((v) => id('email', v)),
  fc.constantFrom('1', '2', '3').map((v) => id('user_id', v)),
  fc.constantFrom('s:1', 's:2').map((v) => id('vendor_id', v)),
  fc.constantFrom('v1', 'v2', 'v3').map((v) => id('anonymous_id', v)),
  fc.constantFrom('+1', '+2').map((v) => id('phone', v)),
)
const anyMentions = fc.array(
  fc
    .record({
      at: fc.nat(50),
      identifiers: fc.uniqueArray(anyIdentifier, { minLength: 1, maxLength: 3, selector: (i) => i.kind }),
    })
    .map(({ at, identifiers }) => mention(at, ...identifiers)),
  { minLength: 1, maxLength: 12 },
)

test('who is who does not depend on the order of arrival nor on how it is cut into chunks', () => {
  fc.assert(
    fc.property(
      anyMentions,
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 5 }),
      (mentions, random, chunk) => {
        // Two people seen with one browser at the same instant: who is first is not defined.
        const distinct = mentions.map((m, i) => ({ ...m, at: m.at * 100 + i }))
        const whole = createWorld()
        whole.absorb(distinct)
        const shuffled = distinct
          .map((m) => ({ m, key: random.next().value! }))
          .sort((a, b) => a.key - b.key)
          .map(({ m }) => m)
        const pieces = createWorld()
        for (let i = 0; i < shuffled.length; i += chunk) pieces.absorb(shuffled.slice(i, i + chunk))
        expect(pieces.clusters()).toEqual(whole.clusters())
      },
    ),
    { numRuns: 500 },
  )
})

test('saying everything twice changes nothing', () => {
  fc.assert(
    fc.property(anyMentions, (mentions) => {
      const world = createWorld()
      world.absorb(mentions)
      const before = world.clusters()
      const again = world.absorb(mentions)
      expect(again.merges).toEqual([])
      expect(again.created).toEqual([])
      expect(world.clusters()).toEqual(before)
    }),
  )
})
