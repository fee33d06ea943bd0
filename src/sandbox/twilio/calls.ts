/** A leg of a call; what is left out gets Twilio's defaults. */
export interface TwilioCall {
  /** CA and 32 hexadecimal digits. */
  sid: string
  from: string
  to: string
  direction: 'inbound' | 'outbound-api' | 'outbound-dial'
  status: string
  /** Instants in milliseconds; Twilio shows whole seconds. */
  started: number
  updated?: number
  seconds?: number
  parent?: string
  answeredBy?: string
}

const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000')

/** As the API shows it. */
export function callOf(account: string, call: TwilioCall): Record<string, unknown> {
  const { sid, started, seconds = 0, status } = call
  const isOver = !/^(queued|ringing|in-progress)$/.test(status)
  const uri = `/2010-04-01/Accounts/${account}/Calls/${sid}`
  return {
    sid,
    account_sid: account,
    parent_call_sid: call.parent ?? null,
    api_version: '2010-04-01',
    direction: call.direction,
    status,
    from: call.from,
    from_formatted: call.from,
    to: call.to,
    to_formatted: call.to,
    date_created: rfc2822(started),
    date_updated: rfc2822(call.updated ?? started + seconds * 1000),
    start_time: status === 'queued' ? null : rfc2822(started),
    end_time: isOver ? rfc2822(started + seconds * 1000) : null,
    duration: isOver ? String(seconds) : null,
    answered_by: call.answeredBy ?? null,
    annotation: null,
    caller_name: null,
    forwarded_from: null,
    group_sid: null,
    phone_number_sid: null,
    price: null,
    price_unit: 'USD',
    queue_time: '0',
    trunk_sid: null,
    uri: `${uri}.json`,
    subresource_uris: {
      recordings: `${uri}/Recordings.json`,
      notifications: `${uri}/Notifications.json`,
      events: `${uri}/Events.json`,
    },
  }
}
