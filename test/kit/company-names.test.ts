import { expect, test } from 'vitest'
import { isSameCompanyName } from '#kit'

test.each([
  ['Kestrel', 'KESTREL GmbH'],
  ['Kestrel GmbH & Co. KG', 'Kestrel GmbH & Co KG'],
  ['Société Générale', 'SOCIETE GENERALE SA'],
  ['ACME Inc.', 'Acme'],
  ['نادرہ ڈیٹا', 'نادرہ  ڈیٹا'],
])('%s is %s', (asked, registered) => {
  expect(isSameCompanyName(asked, registered)).toBe(true)
})

test.each([
  ['Kestrel', 'Kestrel Holding GmbH'],
  ['Kestrel GmbH', 'Kestrel AG'],
  ['AG', 'SE'],
  ['', 'Kestrel'],
  ['Sea', 'Se'],
])('%s is not %s', (asked, registered) => {
  expect(isSameCompanyName(asked, registered)).toBe(false)
})
