import type { Random } from './random.ts'
import type { CastPerson } from './types.ts'

export const SITE = 'https://www.northwind-telemetry.com'
export const APP = 'https://app.northwind-telemetry.com'

export interface PageSpec {
  path: string
  title: string
}

export const LANDING: readonly PageSpec[] = [
  { path: '/', title: 'Northwind Telemetry: know what your machines do' },
  { path: '/pricing', title: 'Pricing' },
  { path: '/blog/ten-sensors-that-lie', title: 'Ten sensors that lie' },
  { path: '/guides/fleet-telemetry', title: 'The fleet telemetry guide' },
  { path: '/compare', title: 'How we compare' },
]
export const BROWSING: readonly PageSpec[] = [
  ...LANDING,
  { path: '/product', title: 'Product' },
  { path: '/product/alerts', title: 'Alerts' },
  { path: '/customers', title: 'Customers' },
  { path: '/security', title: 'Security' },
  { path: '/docs/getting-started', title: 'Getting started' },
  { path: '/docs/api', title: 'API reference' },
]
export const IN_APP: readonly PageSpec[] = [
  { path: '/dashboards', title: 'Dashboards' },
  { path: '/alerts', title: 'Alerts' },
  { path: '/devices', title: 'Devices' },
  { path: '/settings/billing', title: 'Billing' },
  { path: '/settings/team', title: 'Team' },
]

/** Where a visit comes from. */
export interface Origin {
  referrer: string
  /** Segment's names: utm_campaign is `name`. */
  campaign?: Record<string, string>
  search: string
}

export const DIRECT: Origin = { referrer: '', search: '' }

const withCampaign = (
  referrer: string,
  campaign: Record<string, string>,
  extra: Record<string, string> = {},
): Origin => {
  const utm = Object.entries(campaign).map(([key, value]) => [
    key === 'name' ? 'utm_campaign' : `utm_${key}`,
    value,
  ])
  return {
    referrer,
    campaign,
    search: `?${new URLSearchParams([...utm, ...Object.entries(extra)] as string[][])}`,
  }
}

/** First visits: search, ads, social networks, partners and people who type the address. */
export function acquisition(random: Random): Origin {
  const name = random.pick(['spring-fleet', 'predictive-maintenance', 'cold-chain', 'retargeting-q3'])
  return random.weighted<() => Origin>([
    [() => ({ referrer: 'https://www.google.com/', search: '' }), 24],
    [() => ({ referrer: 'https://www.bing.com/', search: '' }), 4],
    [() => ({ referrer: 'https://www.baidu.com/', search: '' }), 2],
    [
      () =>
        withCampaign(
          'https://www.google.com/',
          { name, source: 'google', medium: 'cpc', term: 'fleet telemetry' },
          { gclid: random.token(24) },
        ),
      20,
    ],
    [
      () =>
        withCampaign('https://www.linkedin.com/', {
          name,
          source: 'linkedin',
          medium: 'paid-social',
          content: 'carousel-b',
        }),
      12,
    ],
    [() => ({ referrer: 'https://www.linkedin.com/feed/', search: '' }), 6],
    [
      () =>
        withCampaign('https://sensor-weekly.de/', {
          name: 'partner-2026',
          source: 'sensor-weekly',
          medium: 'referral',
        }),
      8,
    ],
    [() => ({ referrer: 'https://forum.fieldmachines.org/t/telemetry/881', search: '' }), 5],
    // A campaign in another script: text passes unchanged.
    [() => withCampaign('', { name: 'رمضان-۲۰۲۶', source: 'whatsapp', medium: 'social' }), 3],
    [() => DIRECT, 16],
  ])()
}

export const newsletterOrigin = (campaign: string): Origin =>
  withCampaign('', { name: campaign, source: 'newsletter', medium: 'email' })

export const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.2 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
]

/** What a person tells in a form, as Segment's reserved traits. */
export function traitsOf(person: CastPerson): Record<string, unknown> {
  const { company, locale } = person
  return {
    email: person.email,
    firstName: person.given,
    lastName: person.family,
    name: person.fullName,
    ...(person.title ? { title: person.title } : {}),
    ...(person.phone ? { phone: person.phone } : {}),
    ...(company ? { company: { name: company.name } } : {}),
    address: { city: person.city, country: locale.country },
  }
}
