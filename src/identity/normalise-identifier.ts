import { normalisePhone } from '#kit'
import type { Identifier, IdentifierKind } from '#model'
import { companyDomain } from './mail-domains.ts'
import { EMPTY_EMAILS, EMPTY_VALUES } from './normalise/placeholders.ts'

export type EntityKind = 'person' | 'account'

export interface NormalisedIdentifier {
  entityKind: EntityKind
  kind: IdentifierKind
  value: string
}

/**
 * The form in which identifiers are compared; undefined where the value identifies nobody. The original text stays in
 * the contribution: folding is for matching only.
 */
export function normaliseIdentifier(
  entityKind: EntityKind,
  connection: string,
  { kind, value }: Identifier,
): NormalisedIdentifier | undefined {
  // Many people answer a company's number.
  if (kind === 'phone' && entityKind === 'account') return undefined
  const folded = foldValue(kind, value, connection)
  return folded === undefined ? undefined : { entityKind, kind, value: folded }
}

function foldValue(kind: IdentifierKind, value: string, connection: string): string | undefined {
  const text = value.normalize('NFC').trim()
  if (EMPTY_VALUES.has(text.toLowerCase())) return undefined
  switch (kind) {
    case 'email':
      return normaliseEmail(text)
    case 'domain':
      return companyDomain(text)
    case 'vendor_id':
      return `${connection}:${text}`
    case 'phone':
      return normalisePhone(text)
    case 'lei':
      return normaliseLei(text)
    default:
      return text
  }
}

/** Twenty letters and digits whose last two are check digits (ISO 17442, ISO 7064 mod 97-10). */
export function normaliseLei(text: string): string | undefined {
  const code = text.replace(/[\s-]+/g, '').toUpperCase()
  if (!/^[A-Z0-9]{18}\d{2}$/.test(code)) return undefined
  let rest = 0
  for (const character of code) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1 ? code : undefined
}

/**
 * Trimmed, NFC, lower case, domain in ASCII form. Plus-tags and dots stay: removing them joins different mailboxes at
 * most hosts.
 */
export function normaliseEmail(text: string): string | undefined {
  const match = /^([^\s@<>"(),;]{1,64})@([^\s@<>"(),;]{1,253})$/.exec(
    text.normalize('NFC').trim().toLowerCase(),
  )
  if (!match) return undefined
  const host = asciiHost(match[2]!)
  if (!host?.includes('.')) return undefined
  const email = `${match[1]}@${host}`
  return EMPTY_EMAILS.has(email) ? undefined : email
}

function asciiHost(host: string): string | undefined {
  if (/^[a-z0-9.-]+$/.test(host)) return host.replace(/\.$/, '')
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname : undefined
}

/**
 * Belongs to whom it was first seen with and joins no two known people: browsers and telephones are shared, passed on
 * and given up.
 */
export const isWeakIdentifier = (kind: IdentifierKind): boolean => kind === 'anonymous_id' || kind === 'phone'
