import { parse } from 'tldts'
import { companyDomain } from '../mail-domains.ts'
import { isPlaceholder } from './placeholders.ts'
import { bad, empty, good, type Reading, weak } from './reading.ts'
import { remembered } from './remembered.ts'

/** The registrable domain of a web address, host name or e-mail address, in small ASCII letters. */
export const readDomain = (text: string | null | undefined): Reading<string> => readKnown(text ?? '')

const readKnown = remembered((text): Reading<string> => {
  const written = text.normalize('NFKC').trim()
  if (written === '') return empty()
  if (isPlaceholder(written)) return bad('placeholder')
  const { domain, isIcann, isPrivate, isIp } = parse(written.slice(0, 2048), { allowPrivateDomains: true })
  if (!domain || isIp || !(isIcann || isPrivate)) return bad('malformed')
  const ascii = asciiOf(domain)
  if (ascii === undefined) return bad('malformed')
  const isCompany = companyDomain(ascii) !== undefined && !PLATFORMS.has(ascii)
  return isCompany ? good(ascii) : weak(ascii, ['no_company_domain'])
})

/** Where companies have a page instead of a site of their own. */
const PLATFORMS = new Set(
  `facebook.com fb.com linkedin.com instagram.com twitter.com x.com youtube.com tiktok.com xing.com pinterest.com
  google.com goo.gl bit.ly linktr.ee t.me wa.me etsy.com ebay.com amazon.com yelp.com medium.com github.com`.split(
    /\s+/,
  ),
)

function asciiOf(domain: string): string | undefined {
  const url = `http://${domain}`
  return URL.canParse(url) ? new URL(url).hostname : undefined
}
