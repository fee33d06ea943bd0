import { expect, test } from 'vitest'
import {
  latin,
  nameKey,
  readBirthDate,
  readEmail,
  readJobTitle,
  readPersonName,
  readPhone,
} from '../../../src/identity/normalise/index.ts'

test.each([
  ['Юлия Щербакова', 'yuliya shcherbakova'],
  ['Müller-Lüdenscheidt', 'muller-ludenscheidt'],
  ['Łukasz Żółć', 'lukasz zolc'],
  ['İstanbul Ağaoğlu', 'istanbul agaoglu'],
  ['محمد', 'mhmd'],
  ['राहुल शर्मा', 'rahul sharma'],
  ['தமிழ்', 'tamil'],
  ['김민준', 'gimminjun'],
  ['さとう たろう', 'sato taro'],
  ['キョウコ ハットリ', 'kyoko hattori'],
  ['Γιώργος Παπαδόπουλος', 'giorgos papadopoulos'],
  ['דוד כהן', 'dvd khn'],
  ['ნინო', 'nino'],
  ['Հովհաննես', 'hovhannes'],
  ['王小明', '王小明'],
])('%s is compared as %s', (written, compared) => {
  expect(latin(written)).toBe(compared)
})

test.each([
  ['Ada Lovelace', { given: 'Ada', family: 'Lovelace' }],
  ['Lovelace, Ada', { given: 'Ada', family: 'Lovelace' }],
  ['LOVELACE Ada', { given: 'Ada', family: 'LOVELACE' }],
  [
    'Dr. Ludwig van Beethoven Jr.',
    { given: 'Ludwig', family: 'van Beethoven', honorific: 'Dr.', suffix: 'Jr.' },
  ],
  [
    'Prof. Dr. Anna-Maria von der Heide',
    { given: 'Anna-Maria', family: 'von der Heide', honorific: 'Prof. Dr.' },
  ],
  ['Ada (Countess) Lovelace PhD', { given: 'Ada', family: 'Lovelace', suffix: 'PhD' }],
  ['Yo-Yo Ma', { given: 'Yo-Yo', family: 'Ma' }],
  ['김민준', { given: '민준', family: '김' }],
  ['남궁민수', { given: '민수', family: '남궁' }],
  ['佐藤 太郎', { given: '太郎', family: '佐藤' }],
  ['علی رضا حسینی', { given: 'علی رضا', family: 'حسینی' }],
])('%s is read into its parts, in its own script', (full, parts) => {
  expect(readPersonName({ full })).toEqual({ grade: 'good', value: { display: full, ...parts }, flags: [] })
})

test('the country tells the order of names in Chinese characters, and nothing else does', () => {
  expect(readPersonName({ full: '欧阳修' }, { country: 'CN' }).value).toMatchObject({
    family: '欧阳',
    given: '修',
  })
  expect(readPersonName({ full: '王小明' })).toMatchObject({ grade: 'weak', flags: ['order_unknown'] })
  expect(readPersonName({ full: '田中太郎' }, { country: 'JP' })).toMatchObject({ grade: 'weak' })
})

test('names in parts keep them; made-up parts are left out', () => {
  expect(readPersonName({ given: 'Frau Eva', family: 'Braun' }).value).toMatchObject({
    given: 'Eva',
    honorific: 'Frau',
  })
  expect(readPersonName({ given: 'Eva', family: 'n/a' })).toMatchObject({
    value: { display: 'Eva', given: 'Eva' },
  })
})

test.each([
  ['asdf', 'bad', ['placeholder']],
  ['---', 'bad', ['placeholder']],
  ['ada@example.org', 'bad', ['malformed']],
  ['Prince', 'weak', ['single_word']],
  ['ada lovelace', 'good', ['no_capitals']],
  ['ADA LOVELACE', 'good', ['all_capitals']],
  ['Ada Lovelace2', 'weak', ['digits_in_name']],
  [' ', 'empty', []],
])('the name %j is %s', (full, grade, flags) => {
  expect(readPersonName({ full })).toMatchObject({ grade, flags })
})

test('keys of names leave out accents, apostrophes and hyphens', () => {
  expect(nameKey('O’Brien-Şahin')).toBe('obrien sahin')
})

test.each([
  [
    'Ada+News@GMail.com',
    'good',
    { address: 'ada+news@gmail.com', domain: 'gmail.com', mailbox: 'ada@gmail.com' },
    ['free_mail'],
  ],
  [
    'a.b@gmail.com',
    'good',
    { address: 'a.b@gmail.com', domain: 'gmail.com', mailbox: 'ab@gmail.com' },
    ['free_mail'],
  ],
  ['a.b@acme.de', 'good', { address: 'a.b@acme.de', domain: 'acme.de', mailbox: 'a.b@acme.de' }, []],
  ['Ada L <ada@acme.de>', 'good', { address: 'ada@acme.de', domain: 'acme.de', mailbox: 'ada@acme.de' }, []],
  [
    'ada@münchen.de',
    'good',
    { address: 'ada@xn--mnchen-3ya.de', domain: 'xn--mnchen-3ya.de', mailbox: 'ada@xn--mnchen-3ya.de' },
    [],
  ],
  [
    'info@acme.de',
    'weak',
    { address: 'info@acme.de', domain: 'acme.de', mailbox: 'info@acme.de' },
    ['role_address'],
  ],
])('the address %s is %s', (text, grade, value, flags) => {
  expect(readEmail(text)).toEqual({ grade, value, flags })
})

test.each(['test@test.com', 'none@none.com', 'x@y.invalid', 'asdf@asdf.com'])('%s is made up', (text) => {
  expect(readEmail(text)).toEqual({ grade: 'bad', flags: ['placeholder'] })
})

test.each(['ada', 'ada@acme', 'a..b@acme.de', 'ada @acme.de', 'ada@acme..de'])('%s is no address', (text) => {
  expect(readEmail(text)).toEqual({ grade: 'bad', flags: ['malformed'] })
})

test.each([
  ['+49 30 901820', undefined, 'good', '+4930901820', []],
  ['0049 30 901820', undefined, 'good', '+4930901820', []],
  ['030 901820', 'DE', 'weak', '+4930901820', ['country_guessed']],
  ['٠٣٠٠١٢٣٤٥٦٧', 'PK', 'weak', '+923001234567', ['country_guessed']],
  ['020 7946 0018', undefined, 'weak', '02079460018', ['no_country']],
  ['12345', 'DE', 'bad', undefined, ['placeholder']],
  ['555-5555', 'US', 'bad', undefined, ['placeholder']],
  ['+1 23', undefined, 'bad', undefined, ['malformed']],
])('the number %s (%s) is %s', (text, country, grade, number, flags) => {
  const read = readPhone(text, country ? { country } : {})
  expect(read).toMatchObject({ grade, flags })
  expect(read.value?.number).toBe(number)
})

test('an extension stands apart from its number', () => {
  expect(readPhone('(212) 555-0123 ext. 44', { country: 'US' }).value).toEqual({
    number: '+12125550123',
    extension: '44',
  })
})

test.each([
  ['1988-02-29', 'good', '19880229'],
  ['19880229', 'good', '19880229'],
  ['3.4.1990', 'good', '19900403'],
  ['2/28/1990', 'good', '19900228'],
  ['04/03/1990', 'weak', '19900304'],
  ['1988-02-30', 'bad', undefined],
  ['1970-01-01', 'bad', undefined],
  ['1702-05-05', 'bad', undefined],
])('the date of birth %s is %s', (text, grade, value) => {
  const read = readBirthDate(text)
  expect([read.grade, read.value]).toEqual([grade, value])
})

test.each([
  ['VP of Sales', 'vp', 'sales'],
  ['Geschäftsführer', 'c_level', 'executive'],
  ['Leiterin Vertrieb', 'head', 'sales'],
  ['Einkäufer:in', undefined, 'procurement'],
  ['IT-Leiter (m/w/d)', 'head', 'information_technology'],
  ['Software Engineer', 'individual', 'engineering'],
  ['Head of People Operations', 'head', 'human_resources'],
  ['Executive Assistant to the CEO', 'entry', 'executive'],
  ['Founder & CEO', 'owner', 'executive'],
  ['Chief Marketing Officer', 'c_level', 'marketing'],
  ['Directeur Général', 'c_level', 'executive'],
  ['Генеральный директор', 'c_level', 'executive'],
  ['销售总监', 'director', 'sales'],
  ['产品经理', 'manager', 'product'],
])('%s: rank %s, field %s', (text, seniority, field) => {
  const { value } = readJobTitle(text)
  expect([value?.seniority, value?.function, value?.display]).toEqual([seniority, field, text])
})

test('a title that says nothing known is weak', () => {
  expect(readJobTitle('wizard')).toEqual({
    grade: 'weak',
    value: { display: 'wizard' },
    flags: ['unknown_title'],
  })
})
