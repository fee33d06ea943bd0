import { toBase64 } from '#kit'
import type { DemoCompany } from '../../sandbox/company/index.ts'
import type { SendgridSandbox } from '../../sandbox/sendgrid/index.ts'
import { DEMO_SECRETS } from './config.ts'

const EVENTS_PER_REQUEST = 100

type Progress = (sent: number) => void

/** Sends website events through the collector, as an SDK would. */
export async function feedWebsite(
  hubUrl: string,
  events: DemoCompany['website'],
  onProgress: Progress,
): Promise<void> {
  const authorization = `Basic ${toBase64(new TextEncoder().encode(`${DEMO_SECRETS.DEMO_WRITE_KEY}:`))}`
  for (let i = 0; i < events.length; i += EVENTS_PER_REQUEST) {
    const batch = events.slice(i, i + EVENTS_PER_REQUEST)
    await post(
      `${hubUrl}/v1/batch`,
      { 'content-type': 'application/json', authorization },
      JSON.stringify({ batch }),
    )
    onProgress(batch.length)
  }
}

/** Delivers e-mail events as SendGrid does: signed, to the webhook address. */
export async function feedEmail(
  hubUrl: string,
  sendgrid: SendgridSandbox,
  events: DemoCompany['sendgrid'],
  onProgress: Progress,
): Promise<void> {
  for (let i = 0; i < events.length; i += EVENTS_PER_REQUEST) {
    const batch = events.slice(i, i + EVENTS_PER_REQUEST)
    const { headers, body } = await sendgrid.signedDelivery(batch)
    await post(`${hubUrl}/hooks/sendgrid`, headers, body)
    onProgress(batch.length)
  }
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  await response.body?.cancel()
}
