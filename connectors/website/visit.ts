import type { Campaign, Channel } from '#model'
import { type Json, objectIn, type SegmentEvent, textOf } from './api.ts'
import { channelOfHost, hostOf, isWithin, withoutWww } from './hosts.ts'

/** Where a visitor came from. */
export interface Visit {
  channel: Channel
  url?: string
  /** Absent where it is one of our own pages. */
  referrer?: string
  campaign?: Campaign
}

/** Click ids that advertising networks append to landing pages. */
const PAID_CLICK = [
  'gclid',
  'gbraid',
  'wbraid',
  'dclid',
  'msclkid',
  'li_fat_id',
  'ttclid',
  'twclid',
  'rdt_cid',
  'yclid',
]

const MEDIUM: [RegExp, Channel][] = [
  [/^(?:.*cp[acmv].*|ppc|.*paid.*|display|banner|retargeting|remarketing|ads?|sem)$/, 'paid'],
  [/^(?:e[-_ ]?mail|newsletter)$/, 'email'],
  [/^(?:social.*|sm)$/, 'social'],
  [/^(?:organic|seo)$/, 'organic'],
  [/^(?:referral|partner|affiliates?|link)$/, 'referral'],
]

/** Reads channel, referrer and campaign of an event; `ownDomains` are ours, so that links between our pages count as none. */
export function visitOf(event: SegmentEvent, ownDomains: readonly string[]): Visit {
  const page = objectIn(event.context, 'page')
  const properties = event.properties ?? {}
  const url = textOf(properties.url) ?? textOf(page.url)
  const referrer =
    textOf(properties.referrer) ?? textOf(page.referrer) ?? textOf(objectIn(event.context, 'referrer').url)
  const query = new URLSearchParams(queryOf(url) || textOf(page.search) || textOf(properties.search) || '')
  const campaign = campaignOf(objectIn(event.context, 'campaign'), query)
  const own = hostOf(url)
  const from = hostOf(referrer)
  const isInternal =
    from !== undefined &&
    ((own !== undefined && withoutWww(from) === withoutWww(own)) ||
      ownDomains.some((domain) => isWithin(from, domain)))
  const hasOrigin = url !== undefined || referrer !== undefined || campaign !== undefined
  return {
    channel: hasOrigin ? channelOf(campaign, query, isInternal ? undefined : from) : 'website',
    ...(url ? { url } : {}),
    ...(referrer && !isInternal ? { referrer } : {}),
    ...(campaign ? { campaign } : {}),
  }
}

function queryOf(url: string | undefined): string {
  const start = url?.indexOf('?') ?? -1
  return start < 0 ? '' : (url?.slice(start + 1).split('#')[0] ?? '')
}

function campaignOf(stated: Json, query: URLSearchParams): Campaign | undefined {
  const campaign: Campaign = {}
  for (const [field, parameter] of [
    ['name', 'utm_campaign'],
    ['source', 'utm_source'],
    ['medium', 'utm_medium'],
    ['term', 'utm_term'],
    ['content', 'utm_content'],
  ] as const) {
    const value = textOf(stated[field]) ?? textOf(query.get(parameter))
    if (value) campaign[field] = value
  }
  return Object.keys(campaign).length > 0 ? campaign : undefined
}

/** What the marketer wrote decides; then the click ids of advertising networks, then the referring host. */
function channelOf(
  campaign: Campaign | undefined,
  query: URLSearchParams,
  from: string | undefined,
): Channel {
  const medium = campaign?.medium?.trim().toLowerCase()
  const known = medium ? MEDIUM.find(([pattern]) => pattern.test(medium))?.[1] : undefined
  if (known) return known
  if (PAID_CLICK.some((name) => query.has(name))) return 'paid'
  if (from) return channelOfHost(from)
  return campaign ? 'other' : 'direct'
}
