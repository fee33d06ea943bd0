import { expect, test } from 'vitest'
import type { EnrichmentQuestion } from '#kit'
import connector from '../../connectors/inference/index.ts'
import { contextOf } from './support.ts'

const enricher = connector.enricher!

async function guess(question: EnrichmentQuestion): Promise<Record<string, unknown>> {
  const answer = await enricher.enrich(contextOf(connector, {}, []), question)
  return answer.status === 'miss'
    ? {}
    : Object.fromEntries(Object.entries(answer.fields).map(([k, v]) => [k, v?.value]))
}

test('a domain gives a company name and, by its country code, a country', async () => {
  expect(await guess({ kind: 'account', domain: 'acme-widgets.co.uk' })).toEqual({
    name: 'Acme Widgets',
    country: 'GB',
  })
  expect(await guess({ kind: 'account', domain: 'tarana-solar.in' })).toEqual({
    name: 'Tarana Solar',
    country: 'IN',
  })
  expect(await guess({ kind: 'account', domain: 'kestrel.com' })).toEqual({ name: 'Kestrel' })
})

test('country codes that are sold for their sound give no country', async () => {
  for (const domain of ['kestrel.io', 'kestrel.ai', 'kestrel.co', 'kestrel.me', 'kestrel.tv']) {
    expect(await guess({ kind: 'account', domain }), domain).toEqual({ name: 'Kestrel' })
  }
  expect(await guess({ kind: 'account', domain: 'kestrel.com.co' })).toEqual({
    name: 'Kestrel',
    country: 'CO',
  })
})

test('a phone number in international form outweighs the domain', async () => {
  expect(await guess({ kind: 'account', domain: 'kestrel.de', phone: '+92 300 1234567' })).toMatchObject({
    country: 'PK',
  })
  expect(await guess({ kind: 'person', email: 'x@gmail.com', phone: '0300 1234567' })).not.toHaveProperty(
    'country',
  )
})

test('a name is guessed only where the local part clearly is one', async () => {
  expect(await guess({ kind: 'person', email: "marie-claire.o'neil@kestrel.fr" })).toMatchObject({
    first_name: 'Marie-Claire',
    last_name: "O'Neil",
  })
  for (const email of [
    'jdoe@kestrel.fr',
    'j.doe@kestrel.fr',
    'ana.ortiz2@kestrel.fr',
    'sales.team@kestrel.fr',
    'the.office@kestrel.fr',
    '李.王@kestrel.cn',
  ]) {
    expect(await guess({ kind: 'person', email }), email).not.toHaveProperty('first_name')
  }
})

test('free mail and role addresses are flagged, and free mail names no company', async () => {
  expect(await guess({ kind: 'person', email: 'ana.ortiz@gmail.com' })).toMatchObject({
    is_free_mail: true,
    is_role_address: false,
  })
  expect(await guess({ kind: 'person', email: 'info@kestrel.de' })).toMatchObject({
    is_free_mail: false,
    is_role_address: true,
    country: 'DE',
  })
  expect(enricher.answers({ kind: 'account', domain: 'gmail.com' })).toBe(false)
})

test('every guess is marked inferred and weaker than any statement', async () => {
  const answer = await enricher.enrich(contextOf(connector, {}, []), {
    kind: 'account',
    domain: 'acme-widgets.co.uk',
  })
  expect(enricher.method).toBe('inferred')
  expect(answer.cost).toBe(0)
  if (answer.status === 'hit')
    for (const field of Object.values(answer.fields)) expect(field.confidence).toBeLessThan(0.5)
})

test('internationalised and numeric names are not guessed', async () => {
  expect(await guess({ kind: 'account', domain: 'xn--bcher-kva.de' })).toEqual({ country: 'DE' })
  expect(await guess({ kind: 'account', domain: '360.cn' })).toEqual({ country: 'CN' })
})
