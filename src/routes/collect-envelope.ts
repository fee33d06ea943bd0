export interface Collected {
  /** Segment's name of the call. */
  call: string
  headers: Headers
  now(): number
  /** Header in which a trusted proxy puts the visitor's address; addresses are not kept without it. */
  ipHeader?: string | undefined
  /** The sender asked that the address is not kept. */
  hidesIp?: boolean
  /** Bytes of oversize events by their index. */
  oversize?: Record<number, number>
}

/**
 * What is kept of one request: what the sender said, and what only the server knows. The sender's text is put in as it
 * came: writing it again would cost more than reading it did.
 * @param text JSON of the payload
 */
export function envelope(text: string, collected: Collected): string {
  const { call, headers, now, ipHeader, hidesIp, oversize = {} } = collected
  let out = `{"type":"${call}","received_at":${now()}`
  const ip = ipHeader && !hidesIp ? headers.get(ipHeader)?.split(',').at(-1)?.trim() : undefined
  if (ip) out += `,"ip":${JSON.stringify(ip)}`
  const agent = headers.get('user-agent')
  if (agent) out += `,"user_agent":${JSON.stringify(agent)}`
  if (headers.get('sec-gpc') === '1') out += ',"gpc":true'
  if (headers.get('dnt') === '1') out += ',"dnt":true'
  if (headers.get('sec-purpose')?.includes('prefetch')) out += ',"prefetch":true'
  if (Object.keys(oversize).length > 0) out += `,"oversize":${JSON.stringify(oversize)}`
  return `${out},"payload":${text}}`
}
