import * as z from 'zod'

const Text = z.string().nullish()

/**
 * One event of the Event Webhook. Loose: custom arguments of the sender are flattened into the top level and stay.
 * @see https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
 */
export const SendgridEvent = z.looseObject({
  event: z.string(),
  email: z.string().min(1).max(512),
  timestamp: z.number().describe('Seconds since the epoch'),
  sg_event_id: Text,
  sg_message_id: Text,
  category: z.union([z.string(), z.array(z.string())]).nullish(),
  url: Text,
  useragent: Text,
  ip: Text,
  reason: Text,
  status: Text,
  response: Text,
  type: Text.describe('Of a bounce: bounce or blocked'),
  bounce_classification: Text,
  asm_group_id: z.union([z.number(), z.string()]).nullish(),
  sg_machine_open: z.boolean().nullish(),
  marketing_campaign_id: z.union([z.number(), z.string()]).nullish(),
  marketing_campaign_name: Text,
  singlesend_id: Text,
  singlesend_name: Text,
  template_id: Text,
  user_id: z
    .union([z.number(), z.string()])
    .nullish()
    .describe('Custom argument by which a sender names its user'),
})
export type SendgridEvent = z.infer<typeof SendgridEvent>

/**
 * `GET /v3/user/webhooks/event/settings/all`. An account without webhooks answers one empty object.
 * @see https://www.twilio.com/docs/sendgrid/api-reference/webhooks
 */
export const WebhookList = z.looseObject({
  webhooks: z.array(z.looseObject({ id: Text, url: Text, enabled: z.boolean().nullish(), public_key: Text })),
})
