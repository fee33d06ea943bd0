import { expect, test } from 'vitest'
import { createGleifSandbox } from '../../src/sandbox/gleif/index.ts'
import { company, enriched, lead } from './enrich-support.ts'

/** Twenty characters whose last two are check digits (ISO 7064 mod 97-10). */
function leiOf(base: string): string {
  const code = base.padEnd(18, '0')
  const digits = [...`${code}00`].map((character) => Number.parseInt(character, 36)).join('')
  return `${code}${String(98n - (BigInt(digits) % 97n)).padStart(2, '0')}`
}
const [child, parent, top] = ['CHILD', 'PARENT', 'TOP'].map(leiOf) as [string, string, string]

test('a company whose name a provider has told is found in the register, with the companies above it', async () => {
  const gleif = createGleifSandbox({
    perMinute: 1_000,
    entities: [
      { lei: child, name: 'Acme-Works GmbH', country: 'DE', parent, ultimateParent: top },
      { lei: leiOf('OTHER'), name: 'Acme-Works Holding GmbH', country: 'DE' },
      { lei: parent, name: 'Acme Holding SE', country: 'DE', parent: top },
      { lei: top, name: 'Acme Group plc', country: 'GB' },
    ],
  })
  const w = await enriched({
    pdl: {
      companies: [
        company('acme-works.com', {
          location: {
            name: 'Berlin',
            locality: 'Berlin',
            region: null,
            country: 'germany',
            postal_code: null,
          },
        }),
      ],
    },
    connections: ['gleif: { connector: gleif }'],
    more: [gleif],
    config: 'enrich: { order: [inference, people-data-labs, gleif] }',
  })
  await w.say(lead('ada@acme-works.com'))
  await w.settle()
  expect(gleif.searches).toEqual(['Acme-Works'])

  const [known] = await w.store.absorb.findIdentifiers([{ entityKind: 'account', kind: 'lei', value: child }])
  const rows = await w.store.project.contributions([known!.root])
  expect(Object.assign({}, ...rows.map((row) => row.attributes))).toMatchObject({
    domain: 'acme-works.com',
    lei: child,
    legal_status: 'active',
  })
  const said = rows.find(({ connection }) => connection === 'gleif')
  expect(said).toMatchObject({ method: 'derived', licence: 'CC0 1.0 (GLEIF)', confidence: 0.9 })
  const [above] = await w.store.absorb.findIdentifiers([
    { entityKind: 'account', kind: 'lei', value: parent },
  ])
  const named = await w.store.project.contributions([above!.root])
  expect(named.map((row) => row.attributes)).toContainEqual({ name: 'Acme Holding SE' })
})
