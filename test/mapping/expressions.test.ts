import { expect, test } from 'vitest'
import { compileField, problemsOf, resultOf, touch, viewOf } from './support.ts'

const person = (attributes: Record<string, unknown>) => viewOf({ person: attributes } as never)

test.each([
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 - 2 - 3', 5],
  ['-2 | abs', 2],
  ['-(2 + 3)', -5],
  ['7 / 2', 3.5],
  ['1 / 0', undefined],
  ['"a" == "a" and 1 < 2', true],
  ['not 1 == 2', true],
  ['not true or true', true],
  ['true or true and false', true],
  ['"b" in ["a", "b"]', true],
  ['"c" not in ["a", "b"]', true],
  ['2 in [1, 2]', true],
  ['"a,b" | split(",") | at(-1)', 'b'],
  ["'it''s' | replace(\"''\", \"'\")", "it's"],
  ['"line\\nbreak"', 'line\nbreak'],
  ['if(false, 1, null)', null],
  ['"b" in ("a,b" | split(","))', true],
])('%s is %j', (expression, expected) => {
  expect(resultOf(expression.replace("''s", "\\'s").replace('"\'\'"', '"\'"'))).toEqual(expected)
})

test('the pipe binds tighter than every operator', () => {
  const view = person({ email: 'ADA@X.COM' })
  expect(resultOf('person.last_name ?? person.email | lower', view)).toBe('ada@x.com')
  expect(resultOf('"UP" ?? person.email | lower', view)).toBe('UP')
  expect(resultOf('("UP" ?? person.email) | lower', view)).toBe('up')
  expect(resultOf('person.email | lower == "ada@x.com"', view)).toBe(true)
  expect(resultOf('touchpoints | count > 0', view)).toBe(false)
})

test('?? falls through absent, null and empty, and ends with the last value', () => {
  const expression = 'person.first_name ?? person.last_name ?? person.title'
  expect(resultOf(expression, person({ first_name: '', last_name: null, title: 'CEO' }))).toBe('CEO')
  expect(resultOf(expression, person({ first_name: 'Ada', last_name: null }))).toBe('Ada')
  expect(resultOf(expression, person({ title: null }))).toBe(null)
  expect(resultOf(expression, person({ title: '' }))).toBe('')
  expect(resultOf(expression, person({}))).toBe(undefined)
})

test('functions pass absent and null through and keep empty texts empty', () => {
  expect(resultOf('person.title | lower | truncate(3)', person({ title: null }))).toBe(null)
  expect(resultOf('person.title | lower | truncate(3)', person({}))).toBe(undefined)
  expect(resultOf('person.title | prefix("x")', person({ title: '' }))).toBe('')
  expect(resultOf('person.title | number', person({ title: '' }))).toBe(undefined)
  expect(resultOf('person.title | concat(person.department)', person({ title: 'a' }))).toBe(undefined)
  expect(resultOf('person.title | concat(person.department)', person({ title: 'a', department: '' }))).toBe(
    'a',
  )
})

test('a missing or null group on the way gives its own state', () => {
  expect(resultOf('account.first_touch.campaign.name', viewOf({}))).toBe(undefined)
  const account = { id: 'a', stage: 'prospect', created_at: 0, first_touch: null }
  expect(resultOf('account.first_touch.campaign.name', viewOf({ account } as never))).toBe(null)
})

test('absent and null equal nothing: == is false, != is true, order is false', () => {
  for (const view of [person({}), person({ title: null })]) {
    expect(resultOf('person.title == "x"', view)).toBe(false)
    expect(resultOf('person.title != "x"', view)).toBe(true)
    expect(resultOf('person.title < "x"', view)).toBe(false)
    expect(resultOf('person.title in ["x"]', view)).toBe(false)
    expect(resultOf('person.title not in ["x"]', view)).toBe(true)
  }
  expect(resultOf('person.title | is_null', person({ title: null }))).toBe(true)
  expect(resultOf('person.title | is_null', person({}))).toBe(false)
  expect(resultOf('person.title | is_set', person({ title: '' }))).toBe(false)
})

test('the operator not turns absent into true, the function not leaves it absent', () => {
  expect(resultOf('not person.is_free_mail', person({}))).toBe(true)
  expect(resultOf('person.is_free_mail | not', person({}))).toBe(undefined)
  expect(resultOf('person.is_free_mail | not', person({ is_free_mail: false }))).toBe(true)
})

test('dates become ISO texts at the field and compare as moments inside', () => {
  const view = person({ created_at: Date.UTC(2026, 0, 2, 23, 30) })
  expect(resultOf('person.created_at', view)).toBe('2026-01-02T23:30:00.000Z')
  expect(resultOf('person.created_at | date', view)).toBe('2026-01-02')
  expect(resultOf('person.created_at >= "2026-01-02"', view)).toBe(true)
  expect(resultOf('person.created_at | date == "2026-01-02"', view)).toBe(true)
  expect(resultOf('"2026-01-03" > person.created_at', view)).toBe(true)
  expect(resultOf('person.created_at < now', view)).toBe(true)
  expect(resultOf('person.created_at | days_since', view)).toBe(13)
})

test('money compares with numbers by major units', () => {
  const view = viewOf({
    billing: { overdue: { amount: 500, currency: 'JPY' }, mrr: { amount: 4999, currency: 'EUR' } },
  })
  expect(resultOf('billing.overdue >= 500', view)).toBe(true)
  expect(resultOf('billing.mrr > 49.98 and billing.mrr < 50', view)).toBe(true)
  expect(resultOf('billing.open > 0', view)).toBe(false)
  expect(resultOf('(billing.mrr | money_major) * 12 | round(2)', view)).toBe(599.88)
})

test('touchpoints are filtered, windowed by UTC day and counted', () => {
  const view = viewOf({
    touchpoints: [
      touch('page.viewed', '2026-01-15T00:00:00Z', { count: 2 }),
      touch('page.viewed', '2025-12-17T00:00:00Z', { count: 5 }),
      touch('page.viewed', '2025-12-16T23:59:59Z', { count: 100 }),
      touch('email.clicked', '2026-01-10T00:00:00Z', { channel: 'email' }),
      touch('payment.succeeded', '2026-01-11T00:00:00Z', { amounts: { EUR: 1250, USD: 99 } }),
    ],
  })
  expect(resultOf('touchpoints | where(kind = "page.viewed") | since("30d") | count', view)).toBe(7)
  expect(resultOf('touchpoints | since("1d") | count', view)).toBe(2)
  expect(
    resultOf(
      'touchpoints | where(kind in ["email.clicked", "email.opened"], channel = "email") | count',
      view,
    ),
  ).toBe(1)
  expect(resultOf('touchpoints | where(kind != "page.viewed") | count', view)).toBe(2)
  expect(resultOf('touchpoints | sum("eur") | money_major', view)).toBe(12.5)
  expect(resultOf('touchpoints | sum(billing.currency) | money_major', view)).toBe(undefined)
  expect(resultOf('touchpoints | first(kind)', view)).toBe('page.viewed')
  expect(resultOf('touchpoints | where(channel = "email") | last(at)', view)).toBe('2026-01-10T00:00:00.000Z')
})

test('over nothing, count is 0 and first and last are absent', () => {
  expect(resultOf('touchpoints | count')).toBe(0)
  expect(resultOf('touchpoints | first(channel)')).toBe(undefined)
  expect(resultOf('touchpoints | last(at)')).toBe(undefined)
  expect(resultOf('touchpoints | sum("EUR") | money_major')).toBe(0)
})

test('the order of touchpoints does not matter, even between equal times', () => {
  const touches = [
    touch('b.b', '2026-01-01', { channel: 'x' }),
    touch('a.a', '2026-01-01', { channel: 'z' }),
    touch('a.a', '2026-01-01', { channel: 'y' }),
  ]
  for (const touchpoints of [touches, [...touches].reverse()]) {
    expect(resultOf('touchpoints | first(channel)', viewOf({ touchpoints }))).toBe('y')
    expect(resultOf('touchpoints | last(channel)', viewOf({ touchpoints }))).toBe('y')
  }
})

test('windows in use are collected, ascending and once', () => {
  const mapping = compileField(
    '(touchpoints | since("90d") | count) + (touchpoints | since("7d") | count) - (touchpoints | since("90d") | count)',
  )
  expect(mapping.windows).toEqual([7, 90])
})

test('a value of another type than the model promises is left out with a warning', () => {
  const desired = compileField('person.title | lower').evaluate(person({ title: 5 }))
  expect(desired?.fields).toEqual({})
  expect(desired?.warnings).toEqual([
    {
      field: 'X',
      message: 'person.title holds a number where text is expected; left out',
      from: 'thing.yaml:8',
    },
  ])
})

test('picklist ignores capitals and outer spaces', () => {
  const view = viewOf({ account: { id: 'a', stage: 'prospect', created_at: 0, industry: ' SoftWare ' } })
  expect(resultOf('account.industry | picklist(industry)', view)).toBe('Technology')
  expect(resultOf('"large" | picklist(size)')).toBe(2)
})

test.each([
  ['warn', 'size', undefined, 1],
  ['skip', 'size', undefined, 0],
  ['default', 'industry', 'Other', 0],
  ['warn', 'industry', 'Other', 0],
  ['skip', 'industry', undefined, 0],
  ['pass', 'industry', 'astrology', 0],
] as const)('on_unmapped: %s with table %s gives %j', (policy, table, expected, warnings) => {
  const desired = compileField(`"astrology" | picklist(${table})`, `, on_unmapped: ${policy}`).evaluate(
    viewOf(),
  )
  expect(desired?.fields.X?.value).toBe(expected)
  expect(desired?.warnings).toHaveLength(warnings)
})

test.each([
  ['person.lastname', ['8 person.lastname is unknown. Did you mean person.last_name?']],
  ['persn.email', ['1 persn is unknown. Did you mean person?']],
  ['person.mrr', ['8 person.mrr is unknown. Did you mean billing.mrr?']],
  ['Unknown', ['1 Unknown is unknown. A constant text needs quotes: "\'Unknown\'".']],
  ['person.email | lowr', ['16 Function lowr is unknown. Did you mean lower?']],
  ['person.email | lower(1)', ['16 lower is written value | lower; 1 arguments given.']],
  ['person.title | truncate', ['16 truncate is written value | truncate(characters); 0 arguments given.']],
  ['person.title | truncate("5")', ['25 characters of truncate needs number, not text. Add | number.']],
  ['billing.mrr', ['1 X cannot hold money. Add | money_major.']],
  ['billing.mrr.amount', ['13 billing.mrr is a money and has no parts. Use | money_major or | currency.']],
  ['billing.mrr + 1', ['1 + calculates with numbers, not money. Add | money_major.']],
  [
    'person.first_name + " "',
    ['1 + calculates with numbers, not text. Join texts with | concat(…) or [a, b] | join(" ").'],
  ],
  [
    'touchpoints',
    [
      '1 X cannot hold touchpoints. Add | count, | sum(currency), | first(channel) or | last(channel). Single touchpoints are not looked at: they are counted and summed per day, kind and channel as they come in.',
    ],
  ],
  ['person.email = "a"', ['14 Write == to compare.']],
  [
    'person.stage == "Lead"',
    ['14 The value is never "Lead"; it is one of visitor, lead, contact. Did you mean lead?'],
  ],
  [
    'person.stage in ["leed"]',
    ['18 The value is never "leed"; it is one of visitor, lead, contact. Did you mean lead?'],
  ],
  [
    'person.email == null',
    [
      '14 Comparing with null is not possible; ask | is_set (there is a value) or | is_null (known to have none).',
    ],
  ],
  [
    'person.email and true',
    ['1 and joins yes/no values, not text. To ask whether there is a value, add | is_set.'],
  ],
  ['person.email == 5', ['14 Cannot compare text with number. Add | text.']],
  [
    'account.employees ?? "many"',
    ['19 Both sides of ?? must have one type; these are number and text. Add | number.'],
  ],
  ['1 < 2 < 3', ['7 Comparisons cannot be chained; join them with and.']],
  ['person.email |', ['15 Expected a function name after |, found the end.']],
  ['(person.email', ['14 Expected ) to close the parenthesis, found the end.']],
  ['person.email lower', ['14 Unexpected lower. Is an operator or | missing before it?']],
  ['"abc', undefined],
  ['person.email && true', ['14 Unexpected character &. Write "and".']],
  [
    'person.title ?? person.email | truncate(5)',
    [
      '32 truncate applies to what stands right of ?? only. Write (a ?? b) | truncate, or put the right side into parentheses if that is meant.',
    ],
  ],
  ['account.industry | picklist(industri)', ['29 Table industri is unknown. Define it under tables:.']],
  ['touchpoints | since("month")', ['21 since needs a number of days such as since("30d").']],
  ['touchpoints | where(kinds = "a.b") | count', ['21 where knows kind and channel. Did you mean kind?']],
  [
    'touchpoints | where(kind = "page.view") | count',
    ['28 No shipped connector emits page.view. Did you mean page.viewed?'],
  ],
  [
    'touchpoints | first(url)',
    [
      '21 first needs one of channel, kind, at: first(channel). Touchpoints are counted per kind, channel and UTC day; campaign, title and url are known of the first and the last one: person.first_touch.campaign.name, person.last_touch.url.',
    ],
  ],
  ['touchpoints | first', ['15 first needs one of channel, kind, at: first(channel).']],
  [
    'touchpoints | where(campaign.name = "x") | count',
    [
      '21 where knows kind and channel. Touchpoints are counted per kind, channel and UTC day; campaign, title and url are known of the first and the last one: person.first_touch.campaign.name, person.last_touch.url.',
    ],
  ],
  [
    'touchpoints | count_distinct(campaign)',
    [
      '30 count_distinct needs one of channel, kind, day: count_distinct(channel). Touchpoints are counted per kind, channel and UTC day; campaign, title and url are known of the first and the last one: person.first_touch.campaign.name, person.last_touch.url.',
    ],
  ],
  [
    'touchpoints | since("12h") | count',
    [
      '21 since needs a number of days such as since("30d"). Touchpoints are counted per UTC day, so there is nothing shorter than a day.',
    ],
  ],
  [
    'touchpoints | max(5)',
    [
      '1 max needs number, not touchpoints. Add | count, | sum(currency), | first(channel) or | last(channel). Single touchpoints are not looked at: they are counted and summed per day, kind and channel as they come in.',
    ],
  ],
  [
    'touchpoints | median',
    [
      '15 Function median is unknown. Touchpoints are summed per day, so single values are not there to compare.',
    ],
  ],
  [
    'now | date("Berlin")',
    ['12 date: Berlin is no time zone; use a name such as Europe/Berlin, America/New_York or UTC.'],
  ],
  ['now | start_of("fortnight")', ['16 start_of: a unit is one of day, week, month, quarter, year.']],
  [
    'now | start_of(person.title)',
    ['16 start_of: unit must be written here, between quotes or as a number.'],
  ],
  ['now | format_date("dd.MM.yyyy")', ['19 format_date: dd is written DD.']],
  ['billing.mrr | money_in("Euro")', ['24 money_in: Euro is no currency; use its ISO code, such as EUR.']],
  [
    '5 | format_number("1.234.5")',
    [
      '19 format_number: 1.234.5 is no sample of a number; write 1234.5 the way it shall look, such as "1,234.50".',
    ],
  ],
  ['person.title | matches("(a")', ['24 matches: a ( without its ).']],
  ['case(1, 2)', ['6 A condition of case must be yes/no, not number.']],
  ['case(true, 2, "x")', ['15 All values of case must have one type; these are number and text.']],
  ['coalesce(1, "x")', ['13 All values of coalesce must have one type; these are number and text.']],
  ['person.email | count', ['16 count works on touchpoints: touchpoints | count…']],
  ['person.first_touch', undefined],
  ['if(person.email, 1, 2)', ['4 The condition of if must be yes/no, not text.']],
  ['quote.total', ['1 quote can be read only in mappings from: quote.']],
] as const)('%s is refused with a message', (expression, expected) => {
  const found = problemsOf(expression)
  expect(found).toHaveLength(1)
  if (expected) expect(found).toEqual(expected)
})

test('an explicit parenthesis right of ?? is not warned of', () => {
  expect(problemsOf('person.title ?? (person.email | truncate(5))')).toEqual([])
})

test('expressions of any length and depth are refused, not crashed on', () => {
  expect(problemsOf('('.repeat(1000))[0]).toContain('nested too deeply')
  expect(problemsOf('not '.repeat(400))[0]).toContain('nested too deeply')
  expect(problemsOf(`1${' + 1'.repeat(1000)}`)[0]).toContain('longer than 2000')
  expect(resultOf(`1${' + 1'.repeat(490)}`)).toBe(491)
})
