import { parse } from 'tldts'

/** Legal forms and words that are written in capitals when they stand alone in a domain. */
const CAPITALS = new Set([
  'ag',
  'kg',
  'llc',
  'llp',
  'plc',
  'bv',
  'nv',
  'sa',
  'srl',
  'it',
  'ai',
  'usa',
  'uk',
  'eu',
  'hr',
  'tv',
])
const MIXED = new Map([
  ['gmbh', 'GmbH'],
  ['io', 'IO'],
  ['ug', 'UG'],
  ['ltd', 'Ltd'],
  ['und', 'und'],
  ['and', 'and'],
  ['of', 'of'],
  ['de', 'de'],
])

/** `acme-widgets.co.uk` → `Acme Widgets`. Undefined for IDNs, whose ASCII form says nothing, and for bare numbers. */
export function companyNameOf(domain: string): string | undefined {
  const label = parse(domain, { allowPrivateDomains: true }).domainWithoutSuffix
  if (!label || label.startsWith('xn--') || !/[a-z]/.test(label)) return undefined
  const words = label.split(/[-_]+/).filter(Boolean)
  return words.map((word, index) => wordOf(word, index)).join(' ')
}

function wordOf(word: string, index: number): string {
  if (index > 0 && CAPITALS.has(word)) return word.toUpperCase()
  const mixed = index > 0 ? MIXED.get(word) : undefined
  // Without a vowel it is read letter by letter: "bmw", "kpmg".
  if (!mixed && word.length <= 4 && !/[aeiouy]/.test(word)) return word.toUpperCase()
  return mixed ?? word.charAt(0).toUpperCase() + word.slice(1)
}
