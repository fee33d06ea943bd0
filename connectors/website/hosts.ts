/** Hosts of search engines; a referrer from one of them is an organic visit. */
const SEARCH =
  /^(?:(?:www|m|images|news|[a-z]{2})\.)?(?:google|bing|duckduckgo|ecosia|startpage|qwant|baidu|naver|daum|seznam|sogou|kagi|yandex)\.(?:com|[a-z]{2}|com?\.[a-z]{2}|org|net)$|(?:^|\.)search\.(?:yahoo|brave|aol|naver)\.(?:com|co\.jp)$|^(?:www\.)?yahoo\.(?:com|co\.jp)$/

/** Domains of social networks, with their link shorteners. */
const SOCIAL = new Set([
  'facebook.com',
  'fb.com',
  'fb.me',
  'instagram.com',
  'threads.net',
  'linkedin.com',
  'lnkd.in',
  'twitter.com',
  'x.com',
  't.co',
  'youtube.com',
  'youtu.be',
  'tiktok.com',
  'pinterest.com',
  'pin.it',
  'reddit.com',
  'redd.it',
  'quora.com',
  'whatsapp.com',
  'wa.me',
  't.me',
  'telegram.org',
  'vk.com',
  'weibo.com',
  'weixin.qq.com',
  'snapchat.com',
  'tumblr.com',
  'bsky.app',
  'mastodon.social',
  'discord.com',
  'xing.com',
])

/** Hosts of webmail: the click came from a message. */
const MAIL =
  /^(?:e?mail|webmail|outlook|inbox)\.|^(?:outlook\.(?:live|office|office365)\.com|mail\.(?:google|yahoo|proton)\.[a-z.]+)$|^com\.google\.android\.gm$/

export function hostOf(url: string | undefined): string | undefined {
  if (!url || !URL.canParse(url)) return undefined
  const { hostname } = new URL(url)
  return hostname === '' ? undefined : hostname.toLowerCase()
}

/** The host itself or one below it. */
export const isWithin = (host: string, domain: string): boolean =>
  host === domain || host.endsWith(`.${domain}`)

export const withoutWww = (host: string): string => host.replace(/^www\./, '')

export function channelOfHost(host: string): 'email' | 'organic' | 'social' | 'referral' {
  if (MAIL.test(host)) return 'email'
  if (SEARCH.test(host)) return 'organic'
  const labels = host.split('.')
  for (let i = 0; i < labels.length - 1; i++) if (SOCIAL.has(labels.slice(i).join('.'))) return 'social'
  return 'referral'
}
