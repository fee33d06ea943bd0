import type { Activity, CrmFields } from '#kit'
import { isoDate } from '#model'

const MAX_SUBJECT = 255
const MAX_DESCRIPTION = 32_000

/**
 * A touchpoint as a completed Task. Completed on purpose: an open, dated task locks its account and people while it is
 * written (https://developer.salesforce.com/blogs/engineering/2014/08/managing-task-locks-data-loads). A task of a lead
 * cannot relate to anything else. TaskSubtype is left out because it cannot be sent again when a write is repeated.
 */
export function taskOf(activity: Activity): { fields: CrmFields } {
  const { on, account } = activity
  const fields: CrmFields = {
    Subject: cut(activity.subject, MAX_SUBJECT),
    Description: cut(activity.body, MAX_DESCRIPTION),
    ActivityDate: isoDate(activity.occurredAt),
    Status: 'Completed',
    Priority: 'Normal',
  }
  if (on.object === 'Lead') fields.WhoId = on.crmId
  else if (on.object === 'Contact') {
    fields.WhoId = on.crmId
    if (account) fields.WhatId = account.crmId
  } else fields.WhatId = on.crmId
  return { fields }
}

/** At most `length` UTF-16 units, never half a character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  const splitsPair = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, splitsPair ? length - 1 : length)
}
