import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactHeaders, redactor, redactUrl } from '#kit'

test('a plan named Basic Monthly stays what it is', () => {
  const redact = redactor([])
  for (const text of [
    'Basic Monthly',
    'Customer moved from Basic Monthly to Bearer Premium',
    'plan: Basic SubscriptionAnnual2026',
    'The bearer of this letter',
    'Bearer internationalization-team',
    'authorization was refused',
    '{"plan":"Basic Monthly","token_type":"Bearer"}',
  ]) {
    expect(redact(text)).toBe(text)
  }
})

test.each([
  ['authorization: Bearer abc', 'authorization: Bearer [redacted]'],
  ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [redacted]'],
  ['{"authorization":"Basic dXNlcjpwYXNz","a":1}', '{"authorization":"Basic [redacted]","a":1}'],
  [
    '{"body":"{\\"Authorization\\":\\"Bearer abc\\"}"}',
    '{"body":"{\\"Authorization\\":\\"Bearer [redacted]\\"}"}',
  ],
  ["{ authorization: 'API-Key abc' }", "{ authorization: 'API-Key [redacted]' }"],
  ['authorization=abc, x=1', 'authorization=[redacted], x=1'],
  ['proxy-authorization: Basic abc', 'proxy-authorization: Basic [redacted]'],
  ['token Bearer eyJhbGciOiJIUzI1NiJ9.abc_def-1 was refused', 'token Bearer [redacted] was refused'],
  ['Bearer 00D5g000004Abcd!AQEAQ.x and more', 'Bearer [redacted] and more'],
])('credentials are masked where a header is quoted: %s', (text, masked) => {
  const redact = redactor([])
  expect(redact(text)).toBe(masked)
  expect(redact(redact(text))).toBe(masked)
})

const SECRETS = [
  'whsec_abc+/=&',
  'pässwörd 秘密',
  '-----BEGIN KEY-----\nMIIE"x"\\\n-----END KEY-----\n',
  'short6',
]

test.each(SECRETS)('a secret is found in every notation: %j', (secret) => {
  const redact = redactor(SECRETS)
  const encoded = new TextEncoder().encode(secret)
  for (const text of [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ a: secret }).toString(),
    JSON.stringify({ a: secret }),
    JSON.stringify({ a: JSON.stringify({ b: encodeURIComponent(secret) }) }),
    Buffer.from(encoded).toString('base64'),
    Buffer.from(encoded).toString('base64url'),
  ]) {
    const masked = redact(`before ${text} after`)
    expect(masked).toMatch(/^before .*\[redacted\].* after$/s)
    expect(masked).not.toContain(text)
  }
})

test('a secret inside base64 is masked whatever stands before and after it', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string({ minLength: 6, maxLength: 60, unit: 'grapheme' }),
      fc.string(),
      (before, secret, after) => {
        const redact = redactor([secret])
        const base64 = Buffer.from(`${before}${secret}${after}`).toString('base64')
        expect(redact(base64)).toContain('[redacted]')
      },
    ),
  )
})

test('no secret survives, also where one contains another or they are many', () => {
  const secret = fc.string({ minLength: 6, maxLength: 30, unit: fc.constantFrom(...'ab1_') })
  fc.assert(
    fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), fc.string(), (secrets, filler) => {
      const masked = redactor(secrets)(secrets.join(filler))
      for (const each of secrets) expect(masked).not.toContain(each)
    }),
  )
  expect(redactor(['secret-1', 'secret-1-and-more'])('x secret-1-and-more y')).toBe('x [redacted] y')
})

test('values too short to be secrets mask nothing', () => {
  expect(redactor(['', 'a', 'abcde'])('an abcde a')).toBe('an abcde a')
})

test('text of any script passes unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!/authorization|bearer/i.test(text))
      expect(redactor(['a-secret-value'])(text)).toBe(text)
    }),
  )
})

test.each([
  ['https://u:hunter22@a.test/x', 'https://[redacted]@a.test/x'],
  ['https://a.test/x?api_key=hunter22&b=2', 'https://a.test/x?api_key=[redacted]&b=2'],
  ['https://a.test/x?key=hunter22', 'https://a.test/x?key=[redacted]'],
  [
    'https://a.test/x?signature=hunter22&X-Amz-Signature=hunter22',
    'https://a.test/x?signature=[redacted]&X-Amz-Signature=[redacted]',
  ],
  [
    'https://a.test/x?access_token=hunter22&access_token=hunter22',
    'https://a.test/x?access_token=[redacted]',
  ],
  ['https://a.test/a%20b?q=%D8%B9+x&page=2', 'https://a.test/a%20b?q=%D8%B9+x&page=2'],
  ['https://a.test/x', 'https://a.test/x'],
  ['/x?api_key=hunter22', '/x?…'],
  ['not a url', 'not a url'],
  ['https://u:hunter22@a.test:port/x', 'https://[redacted]@a.test:port/x'],
])('a URL is shown without credentials: %s', (url, shown) => {
  expect(redactUrl(url)).toBe(shown)
})

test('headers are kept without credentials', () => {
  const kept = { 'content-type': 'application/json', 'x-request-id': '7' }
  const secret = {
    authorization: 'Bearer x',
    cookie: 'a=b',
    'x-api-key': 'x',
    'stripe-signature': 'x',
    'x-goog-api-key': 'x',
    'x-auth-token': 'x',
  }
  const masked = redactHeaders(new Headers({ ...kept, ...secret }))
  expect(masked).toEqual({
    ...kept,
    ...Object.fromEntries(Object.keys(secret).map((name) => [name, '[redacted]'])),
  })
})
