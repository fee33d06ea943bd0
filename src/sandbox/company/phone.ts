import type { AircallCall, AircallContact } from '../aircall/index.ts'
import type { TwilioCall } from '../twilio/index.ts'
import { SECOND } from './calendar.ts'
import type { Random } from './random.ts'
import type { CallTalk } from './talks.ts'

export interface PhoneContent {
  aircall: { calls: AircallCall[]; contacts: AircallContact[] }
  twilio: TwilioCall[]
}

const FIRST_CALL_ID = 910_000_000

/** Calls in the shapes of the two telephone systems. */
export function createPhoneContent(random: Random, calls: readonly CallTalk[]): PhoneContent {
  const contacts = new Map<string, AircallContact>()
  const aircall: AircallCall[] = []
  const twilio: TwilioCall[] = []
  for (const call of [...calls].sort((a, b) => a.at - b.at)) {
    const guest = call.guests[0]!
    const number = guest.phone!
    const ended = call.at + call.seconds * SECOND
    if (call.system === 'twilio') {
      twilio.push({
        sid: `CA${Array.from({ length: 32 }, () => random.int(0, 15).toString(16)).join('')}`,
        from: call.isInbound ? number : call.seller.phone,
        to: call.isInbound ? call.seller.phone : number,
        direction: call.isInbound ? 'inbound' : 'outbound-api',
        status: call.isMissed ? 'no-answer' : 'completed',
        started: call.at,
        seconds: call.isMissed ? 0 : call.seconds,
        updated: ended,
      })
      continue
    }
    const contact = contacts.get(number) ?? {
      id: 5000 + contacts.size,
      created: call.at,
      updated: call.at,
      first_name: guest.given,
      last_name: guest.family,
      ...(guest.company ? { company_name: guest.company.name } : {}),
      emails: [guest.email],
      numbers: [number],
    }
    contacts.set(number, contact)
    aircall.push({
      id: FIRST_CALL_ID + aircall.length,
      direction: call.isInbound ? 'inbound' : 'outbound',
      digits: number,
      started: call.at,
      ...(call.isMissed ? { reason: 'no_available_agent' } : { answered: call.at + 6 * SECOND }),
      ended,
      contact: contact.id,
      user: { id: call.seller.aircallId, name: call.seller.name, email: call.seller.email },
    })
  }
  return { aircall: { calls: aircall, contacts: [...contacts.values()] }, twilio }
}
