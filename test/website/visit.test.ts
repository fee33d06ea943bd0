import { expect, test } from 'vitest'
import { mapEvent, page, touchpointIn } from './support.ts'

const visit = (
  context: Record<string, unknown>,
  more: Record<string, unknown> = {},
  config: Record<string, unknown> = {},
) => touchpointIn(mapEvent(page(context, more), { config })).touchpoint

const landing = (query: string) => ({ url: `https://www.acme.example/?${query}` })

test.each([
  ['direct', {}],
  ['paid', landing('utm_source=google&utm_medium=cpc')],
  ['paid', landing('utm_medium=Paid_Social&utm_source=facebook')],
  ['paid', { ...landing('gclid=abc'), referrer: 'https://www.google.com/' }],
  ['paid', landing('msclkid=1')],
  ['email', landing('utm_medium=e-mail')],
  ['email', { referrer: 'https://mail.google.com/mail/u/0' }],
  ['social', landing('utm_medium=social')],
  ['social', { referrer: 'https://t.co/xyz' }],
  ['social', { referrer: 'https://m.facebook.com/' }],
  ['organic', { referrer: 'https://www.google.co.in/' }],
  ['organic', { referrer: 'https://duckduckgo.com/' }],
  ['organic', { referrer: 'https://search.brave.com/search?q=acme' }],
  ['organic', { referrer: 'https://cn.bing.com/' }],
  ['referral', { referrer: 'https://googlers.example/' }],
  ['referral', { referrer: 'https://docs.google.com/document/1' }],
  ['other', landing('utm_source=poster&utm_medium=print')],
])('channel %s for %o', (channel, context) => {
  expect(visit(context).channel).toBe(channel)
})

test('campaign parameters come from the url, and from the context where a library has read them', () => {
  const query = 'utm_campaign=spring&utm_source=x&utm_medium=cpc&utm_term=crm&utm_content=b'
  const fromUrl = { name: 'spring', source: 'x', medium: 'cpc', term: 'crm', content: 'b' }
  expect(visit(landing(query)).campaign).toEqual(fromUrl)
  expect(visit(landing(query), { campaign: { name: 'summer' } }).campaign).toEqual({
    ...fromUrl,
    name: 'summer',
  })
})

test('links between our own pages are no referral', () => {
  const internal = visit({ referrer: 'https://acme.example/' })
  expect(internal).toMatchObject({ channel: 'direct' })
  expect(internal.referrer).toBeUndefined()
  const sister = visit(
    { referrer: 'https://docs.acme-help.example/' },
    {},
    { internalDomains: ['acme-help.example'] },
  )
  expect(sister.referrer).toBeUndefined()
})

test('an event that no page sent has the channel website', () => {
  expect(touchpointIn(mapEvent({ type: 'track', event: 'Job Done' })).touchpoint.channel).toBe('website')
})

test('a url or referrer that is none costs itself, not the event', () => {
  expect(visit({ url: 'not a url', referrer: 'about:blank' })).toMatchObject({
    channel: 'direct',
    url: 'not a url',
  })
})
