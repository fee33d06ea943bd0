import fc from 'fast-check'
import { expect, test } from 'vitest'
import { companyDomain, isDisposable, isFreeMail, isRoleAddress } from '../../src/identity/mail-domains.ts'

test('a company is named by its registrable domain, whatever form it is given in', () => {
  expect(companyDomain('ada@acme-widgets.co.uk')).toBe('acme-widgets.co.uk')
  expect(companyDomain('Ada.Lovelace@Mail.Acme-Widgets.CO.UK ')).toBe('acme-widgets.co.uk')
  expect(companyDomain('https://www.acme-widgets.co.uk/about?x=a@b')).toBe('acme-widgets.co.uk')
  expect(companyDomain('acme-widgets.co.uk.')).toBe('acme-widgets.co.uk')
  expect(companyDomain('jobs@bücher-müller.de')).toBe('xn--bcher-mller-thbg.de')
  expect(companyDomain('ops@acme.myshopify.com')).toBe('acme.myshopify.com')
})

test('mailboxes that anybody can have name no company', () => {
  for (const text of [
    'x@gmail.com',
    'x@yahoo.co.in',
    'x@hotmail.fr',
    'x@web.de',
    'x@qq.com',
    'x@mail.yahoo.co.jp',
    'x@rediffmail.com',
  ]) {
    expect(isFreeMail(text), text).toBe(true)
    expect(companyDomain(text), text).toBeUndefined()
  }
})

test('employers on the provider list stay companies', () => {
  expect(isFreeMail('alibaba.com')).toBe(false)
  expect(companyDomain('x@alibaba.com')).toBe('alibaba.com')
})

test('throw-away mailboxes name no company, subdomains included', () => {
  expect(isDisposable('mailinator.com')).toBe(true)
  expect(isDisposable('team7.mailinator.com')).toBe(true)
  expect(companyDomain('a@team7.mailinator.com')).toBeUndefined()
  expect(isDisposable('acme.de')).toBe(false)
})

test('what is no domain of a company gives undefined', () => {
  for (const text of [
    '',
    '@',
    'ada',
    'ada@',
    'ada@localhost',
    '10.0.0.1',
    'x@[::1]',
    'ada@acme.example',
    'co.uk',
    'a b@c d.com',
    'x@example.com',
    'x@acme.invalid',
  ]) {
    expect(companyDomain(text), text).toBeUndefined()
  }
})

test('role addresses are told from people', () => {
  for (const email of [
    'info@acme.de',
    'Sales@acme.de',
    'sales-emea@acme.de',
    'support.uk@acme.de',
    'no-reply@acme.de',
    'billing+eu@acme.de',
    'kontakt@acme.de',
  ]) {
    expect(isRoleAddress(email), email).toBe(true)
  }
  for (const email of [
    'ada.lovelace@acme.de',
    'salesio@acme.de',
    'infante@acme.de',
    'pat@acme.de',
    'it.kowalski@acme.pl',
    'not an address',
  ]) {
    expect(isRoleAddress(email), email).toBe(false)
  }
})

test('any text is answered without throwing, and a company domain stands for itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.emailAddress(), fc.webUrl(), fc.domain()), (text) => {
      const domain = companyDomain(text)
      if (domain !== undefined) expect(companyDomain(domain)).toBe(domain)
      expect(typeof isFreeMail(text)).toBe('boolean')
      expect(typeof isDisposable(text)).toBe('boolean')
      expect(typeof isRoleAddress(text)).toBe('boolean')
    }),
    { numRuns: 1000 },
  )
})
