import {
  DISPOSABLE_DOMAINS,
  EMPLOYERS,
  FREE_MAIL_FAMILIES,
  MORE_FREE_MAIL,
  RESERVED_DOMAINS,
  ROLE_NAMES,
  ROLE_PREFIXES,
} from './mail-domain-lists.ts'

/** What is read of a host by the public suffix list; `tldts.parse` answers in this shape. */
export interface ParsedHost {
  domain: string | null
  domainWithoutSuffix: string | null
  isIcann: boolean | null
  isPrivate: boolean | null
}

export interface MailDomains {
  /** True where anybody can have a mailbox at the domain (gmail.com, qq.com, yahoo.<any country>, internet providers). */
  isFreeMail(domain: string): boolean
  /** True for throw-away mailboxes of well-known providers. */
  isDisposable(domain: string): boolean
  /**
   * The registrable domain that stands for a company, in lower-case ASCII (IDNs as punycode), from an e-mail address, a
   * host name or a website URL. Undefined for free-mail, disposable and reserved domains, IP addresses and unknown
   * TLDs. Customers of hosting suffixes keep their own name: `acme.myshopify.com`.
   */
  companyDomain(emailOrHost: string): string | undefined
}

/**
 * Knowledge about mail domains over a list of providers and a parser of hosts. Both are handed in, because the kit
 * depends on no package that size.
 */
export function createMailDomains(options: {
  providers: readonly string[]
  parse: (host: string, options: { allowPrivateDomains: boolean; extractHostname: boolean }) => ParsedHost
}): MailDomains {
  const freeMail = new Set(
    [...options.providers, ...MORE_FREE_MAIL].filter((domain) => !EMPLOYERS.has(domain)),
  )
  const parseHost = (host: string) =>
    options.parse(host, { allowPrivateDomains: true, extractHostname: false })

  function isFreeMail(domain: string): boolean {
    const host = hostOf(domain)
    if (!host) return false
    if (freeMail.has(host)) return true
    const parsed = parseHost(host)
    if (!parsed.domain) return false
    return freeMail.has(parsed.domain) || FREE_MAIL_FAMILIES.has(parsed.domainWithoutSuffix ?? '')
  }

  function isDisposable(domain: string): boolean {
    const host = hostOf(domain)
    if (!host) return false
    return DISPOSABLE_DOMAINS.has(host) || DISPOSABLE_DOMAINS.has(parseHost(host).domain ?? '')
  }

  function companyDomain(emailOrHost: string): string | undefined {
    const host = hostOf(emailOrHost)
    if (!host || isFreeMail(host) || isDisposable(host)) return undefined
    const { domain, isIcann, isPrivate } = parseHost(host)
    if (!domain || !(isIcann || isPrivate) || RESERVED_DOMAINS.has(domain)) return undefined
    return domain
  }

  return { isFreeMail, isDisposable, companyDomain }
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
