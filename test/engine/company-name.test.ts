import { expect, test } from 'vitest'
import { ACCOUNTS, account, createWorld, person, START, type World } from './support.ts'

const mappings = { 'account.yaml': ACCOUNTS }
const names = (world: World) => world.sandboxes.salesforce.records('Account').map((record) => record.Name)
const world = () => createWorld({ use: ['salesforce', 'inference'], mappings })

test('a name guessed from the domain stands only until somebody of the company names it', async () => {
  const w = await world()
  await w.say({ key: '1', says: [person('ada@muehle-soehne.de')] })
  await w.settle()
  expect(names(w)).toEqual(['Muehle Soehne'])
  await w.say({ key: '2', says: [person('bob@muehle-soehne.de', { company_name: 'Mühle & Söhne KG' })] })
  await w.settle()
  expect(names(w)).toEqual(['Mühle & Söhne KG'])
  await w.close()
})

test('a guess that comes later does not replace the name a person gave', async () => {
  const w = await world()
  await w.say({ key: '1', says: [person('ada@muehle-soehne.de', { company_name: 'Mühle & Söhne KG' })] })
  await w.settle()
  await w.say({ key: '2', says: [person('bob@muehle-soehne.de')], updated_at: START + 1 })
  await w.settle()
  expect(names(w)).toEqual(['Mühle & Söhne KG'])
  await w.close()
})

test('what is said of the company itself counts for more than what its people write', async () => {
  const w = await world()
  const employed = person(
    'ada@muehle-soehne.de',
    { company_name: 'mühle' },
    { account: [{ kind: 'domain', value: 'muehle-soehne.de' }], observed_at: START + 9 },
  )
  await w.say(
    { key: '1', says: [employed] },
    { key: '2', says: [account('muehle-soehne.de', { name: 'Mühle & Söhne KG' })] },
  )
  await w.settle()
  expect(names(w)).toEqual(['Mühle & Söhne KG'])
  await w.say({ key: '2', says: [account('muehle-soehne.de')], updated_at: START + 10 })
  await w.settle()
  expect(names(w)).toEqual(['mühle'])
  await w.close()
})
