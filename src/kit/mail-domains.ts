import common from 'email-providers/common.json' with { type: 'json' }
import { parse } from 'tldts'
import {
  DISPOSABLE_DOMAINS,
  EMPLOYERS,
  FREE_MAIL_FAMILIES,
  MORE_FREE_MAIL,
  RESERVED_DOMAINS,
  ROLE_NAMES,
  ROLE_PREFIXES,
} from './mail-domain-lists.ts'

/*
 * The short provider list (1.8 kB gzip) plus families and additions, not the long one (44 kB gzip, a twentieth of the
 * Worker's budget): its tail is dead portals and vanity domains, and a company taken for a mail provider costs more
 * than the reverse.
 */
const FREE_MAIL = new Set([...common, ...MORE_FREE_MAIL].filter((domain) => !EMPLOYERS.has(domain)))

/** True where anybody can have a mailbox at the domain (gmail.com, qq.com, yahoo.<any country>, internet providers). */
export function isFreeMail(domain: string): boolean {
  const host = hostOf(domain)
  if (!host) return false
  if (FREE_MAIL.has(host)) return true
  const parsed = parseHost(host)
  if (!parsed.domain) return false
  return FREE_MAIL.has(parsed.domain) || FREE_MAIL_FAMILIES.has(parsed.domainWithoutSuffix ?? '')
}

/** True for throw-away mailboxes of well-known providers. */
export function isDisposable(domain: string): boolean {
  const host = hostOf(domain)
  if (!host) return false
  return DISPOSABLE_DOMAINS.has(host) || DISPOSABLE_DOMAINS.has(parseHost(host).domain ?? '')
}

/** True where the mailbox belongs to a function rather than a person: `info@`, `sales-emea@`, `no-reply@`. */
export function isRoleAddress(email: string): boolean {
  const at = email.lastIndexOf('@')
  if (at <= 0) return false
  const local = email.slice(0, at).trim().toLowerCase().replace(/\+.*$/, '')
  if (ROLE_NAMES.has(local)) return true
  const prefix = /^([a-z]+(?:-reply)?)[-_.]\w+/.exec(local)?.[1]
  return prefix !== undefined && ROLE_PREFIXES.has(prefix)
}

/**
 * The registrable domain that stands for a company, in lower-case ASCII (IDNs as punycode), from an e-mail address, a
 * host name or a website URL. Undefined for free-mail, disposable and reserved domains, IP addresses and unknown TLDs.
 * Customers of hosting suffixes keep their own name: `acme.myshopify.com`.
 */
export function companyDomain(emailOrHost: string): string | undefined {
  const host = hostOf(emailOrHost)
  if (!host || isFreeMail(host) || isDisposable(host)) return undefined
  const { domain, isIcann, isPrivate } = parseHost(host)
  if (!domain || !(isIcann || isPrivate) || RESERVED_DOMAINS.has(domain)) return undefined
  return domain
}

const parseHost = (host: string) => parse(host, { allowPrivateDomains: true, extractHostname: false })

/** Host in lower-case ASCII, undefined where the text holds none. */
function hostOf(text: string): string | undefined {
  const trimmed = text.trim().toLowerCase()
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//.test(trimmed)
  const host = isUrl ? trimmed : trimmed.slice(trimmed.lastIndexOf('@') + 1)
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host)) return host
  const url = isUrl ? host : `http://${host}`
  if (host === '' || /\s/.test(host) || !URL.canParse(url)) return undefined
  const { hostname } = new URL(url)
  return hostname.replace(/\.$/, '') || undefined
}
