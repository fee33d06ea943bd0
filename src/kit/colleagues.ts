/**
 * Tells our own people from others: mailboxes at one of our domains (or below it), and the addresses given. Compared
 * without case.
 */
export function colleagues(
  domains: readonly string[],
  addresses: readonly string[] = [],
): (address: string | null | undefined) => boolean {
  const hosts = domains.map((domain) => domain.trim().toLowerCase().replace(/^@/, ''))
  const own = new Set(addresses.map((address) => address.toLowerCase()))
  return (address) => {
    const folded = address?.trim().toLowerCase() ?? ''
    const host = folded.slice(folded.lastIndexOf('@') + 1)
    return own.has(folded) || hosts.some((domain) => host === domain || host.endsWith(`.${domain}`))
  }
}
