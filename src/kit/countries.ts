/** Languages in which spreadsheets name countries often. */
const LANGUAGES = [
  'en',
  'de',
  'fr',
  'es',
  'pt',
  'it',
  'nl',
  'pl',
  'tr',
  'ar',
  'ur',
  'hi',
  'zh',
  'ja',
  'ko',
  'ru',
]

/** Names in use that the Unicode data does not list. */
const ALIASES: Record<string, string> = {
  usa: 'US',
  'u.s.a.': 'US',
  'u.s.': 'US',
  america: 'US',
  'united states of america': 'US',
  uk: 'GB',
  'great britain': 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  'czech republic': 'CZ',
  holland: 'NL',
  'the netherlands': 'NL',
  'republic of ireland': 'IE',
  'russian federation': 'RU',
  turkey: 'TR',
  'korea, republic of': 'KR',
  'republic of korea': 'KR',
  korea: 'KR',
  'viet nam': 'VN',
  'ivory coast': 'CI',
  macedonia: 'MK',
  burma: 'MM',
  'hong kong': 'HK',
  macau: 'MO',
  uae: 'AE',
  ksa: 'SA',
  'islamic republic of iran': 'IR',
  swaziland: 'SZ',
  'cape verde': 'CV',
  'east timor': 'TL',
}

let names: Names | undefined

const fold = (text: string): string => text.normalize('NFKC').trim().toLowerCase()

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/** Codes of today: retired ones (DD, SU) are rewritten to their successor by the locale data, and so are recognised. */
const currentCodes = (): string[] =>
  letters
    .flatMap((a) => letters.map((b) => a + b))
    .filter((code) => !/^(AA|Q[M-Z]|X[A-JL-Z]|ZZ|EU|EZ|UN)$/.test(code))
    .filter((code) => Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`)

interface Names {
  byName: Map<string, string>
  codes: Set<string>
}

function build(): Names {
  const byName = new Map(Object.entries(ALIASES))
  const codes = new Set<string>()
  for (const language of LANGUAGES) {
    const display = new Intl.DisplayNames([language], { type: 'region', fallback: 'none' })
    for (const code of currentCodes()) {
      const name = display.of(code)
      if (!name) continue
      codes.add(code)
      if (!byName.has(fold(name))) byName.set(fold(name), code)
    }
  }
  return { byName, codes }
}

/** ISO 3166-1 alpha-2 code of a country given by code or by name in one of many languages. */
export function countryCode(text: string): string | undefined {
  names ??= build()
  const code = text.trim().toUpperCase()
  return names.byName.get(fold(text)) ?? (names.codes.has(code) ? code : undefined)
}
