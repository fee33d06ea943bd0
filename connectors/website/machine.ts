import { isbot } from 'isbot'
import { type Arrival, objectIn, type SegmentEvent, textOf } from './api.ts'
import { isWithin } from './hosts.ts'
import { isEmail } from './traits.ts'

export type MachineReason = 'bot' | 'prefetch' | 'internal'

export interface MachineOptions {
  internalDomains?: readonly string[] | undefined
  internalIps?: readonly string[] | undefined
  keepBots?: boolean | undefined
}

/** Why an event does not count as engagement of a buyer; undefined where it does. */
export function machineReason(
  event: SegmentEvent,
  arrival: Arrival,
  options: MachineOptions,
): MachineReason | undefined {
  if (arrival.prefetch) return 'prefetch'
  if (!options.keepBots && (event.context?.webdriver === true || isBotAgent(userAgentOf(event, arrival))))
    return 'bot'
  return isInternal(event, arrival, options) ? 'internal' : undefined
}

/**
 * The visitor's browser. The header counts only for events from a page: server libraries send their own ("axios"),
 * which says nothing about the visitor.
 */
function userAgentOf(event: SegmentEvent, arrival: Arrival): string | undefined {
  const isFromPage = textOf(objectIn(event.context, 'page').url) !== undefined
  return textOf(event.context?.userAgent) ?? (isFromPage ? arrival.user_agent : undefined)
}

const answers = new Map<string, boolean>()
const MAX_ANSWERS = 5_000

/** isbot runs one large pattern; a site sees the same few thousand agents again and again. */
function isBotAgent(agent: string | undefined): boolean {
  if (!agent) return false
  let answer = answers.get(agent)
  if (answer === undefined) {
    answer = isbot(agent)
    if (answers.size >= MAX_ANSWERS) answers.clear()
    answers.set(agent, answer)
  }
  return answer
}

function isInternal(
  event: SegmentEvent,
  arrival: Arrival,
  { internalIps = [], internalDomains = [] }: MachineOptions,
): boolean {
  const ip = textOf(event.context?.ip) ?? arrival.ip
  if (ip && internalIps.includes(ip)) return true
  const email = event.traits?.email ?? objectIn(event.context, 'traits').email ?? event.userId
  if (!isEmail(email)) return false
  const host = email.trim().toLowerCase().split('@')[1]!
  return internalDomains.some((domain) => isWithin(host, domain))
}
