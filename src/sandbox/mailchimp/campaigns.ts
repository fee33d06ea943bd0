import { md5Of } from './members.ts'

/** A campaign that was sent; instants in milliseconds. */
export interface MailchimpCampaign {
  id: string
  list: string
  title: string
  subject?: string
  sent: number
  recipients: MailchimpRecipient[]
}

export interface MailchimpRecipient {
  address: string
  opens?: { at: number; isProxy?: boolean }[]
  clicks?: { at: number; url: string }[]
  bounce?: { at: number; type: 'hard' | 'soft' }
  left?: { at: number; reason?: string }
}

const shownTime = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00')

const sum = (campaign: MailchimpCampaign, count: (recipient: MailchimpRecipient) => number): number =>
  campaign.recipients.reduce((total, recipient) => total + count(recipient), 0)

export function reportOf(campaign: MailchimpCampaign): Record<string, unknown> {
  const opens = campaign.recipients.flatMap((recipient) => recipient.opens ?? [])
  return {
    id: campaign.id,
    campaign_title: campaign.title,
    type: 'regular',
    list_id: campaign.list,
    list_is_active: true,
    subject_line: campaign.subject ?? '',
    emails_sent: campaign.recipients.length,
    abuse_reports: 0,
    unsubscribed: sum(campaign, ({ left }) => (left ? 1 : 0)),
    send_time: shownTime(campaign.sent),
    bounces: {
      hard_bounces: sum(campaign, ({ bounce }) => (bounce?.type === 'hard' ? 1 : 0)),
      soft_bounces: sum(campaign, ({ bounce }) => (bounce?.type === 'soft' ? 1 : 0)),
      syntax_errors: 0,
    },
    opens: {
      opens_total: opens.length,
      proxy_excluded_opens: opens.filter(({ isProxy }) => !isProxy).length,
    },
    clicks: { clicks_total: sum(campaign, ({ clicks }) => clicks?.length ?? 0) },
  }
}

/** Items of a report's list, where `since` leaves out what is older. */
export function itemsOf(campaign: MailchimpCampaign, list: string, since: number): Record<string, unknown>[] {
  const base = ({ address }: MailchimpRecipient) => ({
    email_id: md5Of(address.toLowerCase()),
    email_address: address,
    campaign_id: campaign.id,
    list_id: campaign.list,
    list_is_active: true,
  })
  const { recipients } = campaign
  const isLater = ({ at }: { at: number }) => at > since
  if (list === 'sent-to') {
    return recipients.map((recipient) => ({
      ...base(recipient),
      status: recipient.bounce?.type ?? 'sent',
      open_count: recipient.opens?.length ?? 0,
      last_open: '',
    }))
  }
  if (list === 'open-details') {
    return recipients.flatMap((recipient) => {
      const opens = (recipient.opens ?? []).filter(isLater)
      if (opens.length === 0) return []
      const shown = opens.map(({ at, isProxy }) => ({
        timestamp: shownTime(at),
        is_proxy_open: isProxy ?? false,
      }))
      return [{ ...base(recipient), opens_count: shown.length, opens: shown }]
    })
  }
  if (list === 'email-activity') {
    return recipients.map((recipient) => ({
      ...base(recipient),
      activity: [
        ...(recipient.opens ?? [])
          .filter(isLater)
          .map(({ at }) => ({ action: 'open', timestamp: shownTime(at) })),
        ...(recipient.clicks ?? [])
          .filter(isLater)
          .map(({ at, url }) => ({ action: 'click', timestamp: shownTime(at), url, ip: '198.51.100.7' })),
        ...[recipient.bounce ?? []]
          .flat()
          .filter(isLater)
          .map(({ at, type }) => ({ action: 'bounce', timestamp: shownTime(at), type })),
      ],
    }))
  }
  return recipients.flatMap((recipient) =>
    recipient.left
      ? [{ ...base(recipient), timestamp: shownTime(recipient.left.at), reason: recipient.left.reason ?? '' }]
      : [],
  )
}
