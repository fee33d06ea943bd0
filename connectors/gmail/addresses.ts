export interface Mailbox {
  address: string
  name?: string
}

/**
 * Mailboxes of a From, To or Cc header (RFC 5322, section 3.4): quoted names, comments and groups included, encoded words
 * read. What is no address is left out.
 */
export function readAddresses(header: string | undefined): Mailbox[] {
  if (!header) return []
  return split(header).flatMap((part) => {
    const angled = /^([\s\S]*)<\s*([^<>\s]+)\s*>[^<>]*$/.exec(part)
    const address = (angled?.[2] ?? part.replace(/\([^()]*\)/g, '').trim()).replace(/^mailto:/i, '')
    if (address.length > 320 || !/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(address)) return []
    const name = readName(angled?.[1] ?? '')
    return [{ address, ...(name && name.toLowerCase() !== address.toLowerCase() ? { name } : {}) }]
  })
}

/** At commas and semicolons outside quotes, comments and angle brackets; a group's name ends with a colon. */
function split(header: string): string[] {
  const parts: string[] = []
  let part = ''
  let closing: string | undefined
  for (let i = 0; i < header.length; i++) {
    const c = header[i]!
    if (c === '\\' && closing) part += c + (header[++i] ?? '')
    else if (closing) {
      part += c
      if (c === closing) closing = undefined
    } else if (c === ',' || c === ';') {
      parts.push(part)
      part = ''
    } else if (c === ':' && !/mailto$/i.test(part)) part = ''
    else {
      part += c
      closing = { '"': '"', '(': ')', '<': '>' }[c]
    }
  }
  return [...parts, part].map((text) => text.trim()).filter((text) => text !== '')
}

const readName = (text: string): string =>
  decodeWords(text.trim().replace(/^"([\s\S]*)"$/, '$1'))
    .replace(/\\(.)/g, '$1')
    .replace(/\s+/g, ' ')
    .replace(/^'(.*)'$/, '$1')
    .trim()

/** Encoded words (RFC 2047); white space between two of them is not part of the text. */
const decodeWords = (text: string): string =>
  text
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .replace(/=\?([\w-]+)(?:\*[\w-]*)?\?([bq])\?([^?]*)\?=/gi, (word, charset, encoding, content) => {
      try {
        const binary =
          encoding.toLowerCase() === 'b'
            ? atob(content)
            : content
                .replaceAll('_', ' ')
                .replace(/=([0-9a-f]{2})/gi, (_: string, hex: string) =>
                  String.fromCharCode(Number.parseInt(hex, 16)),
                )
        return new TextDecoder(charset).decode(Uint8Array.from(binary, (c: string) => c.charCodeAt(0)))
      } catch {
        return word
      }
    })
