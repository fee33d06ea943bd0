import { timestampStale } from '#kit'
import { connector, contacts, soundSubject, webhook } from './sound.ts'
import type { Broken } from './types.ts'

const withWebhook = (change: Partial<typeof webhook>) => ({
  connector: { ...connector, webhook: { ...webhook, ...change } },
})

export const webhooks: Broken[] = [
  {
    fault: 'forgets deletions',
    fails: 'takes good deliveries as expected',
    make: () =>
      soundSubject(
        withWebhook({
          receive(delivery) {
            const { deleted: _, ...received } = webhook.receive(delivery)
            return received
          },
        }),
      ),
  },
  {
    fault: 'believes everybody who is in time',
    fails: 'refuses what was altered',
    make: () =>
      soundSubject(
        withWebhook({
          async verify({ headers, now }) {
            const age = now - Number(headers.get('x-sound-timestamp'))
            if (age > 300_000) throw timestampStale(age, 300_000)
          },
        }),
      ),
  },
  {
    fault: 'says of more than is signed that it is',
    fails: 'refuses what was altered',
    make: () => soundSubject({ files: (files) => files['webhooks.json'].signed.push('url') }),
  },
  {
    fault: 'takes deliveries of any age',
    fails: 'refuses what is stale',
    make: () =>
      soundSubject(
        withWebhook({
          verify: (delivery) =>
            webhook.verify({ ...delivery, now: Number(delivery.headers.get('x-sound-timestamp')) }),
        }),
      ),
  },
  {
    fault: 'has no fixture of an unknown event',
    fails: 'knows nothing of unknown events',
    make: () => soundSubject({ files: (files) => void files['webhooks.json'].deliveries.pop() }),
  },
  {
    fault: 'gives every repetition another id',
    fails: 'takes a repetition for the same',
    make: () => soundSubject(withWebhook({ deliveryId: () => crypto.randomUUID() })),
  },
  {
    fault: 'gives different deliveries one id',
    fails: 'takes a repetition for the same',
    make: () => soundSubject(withWebhook({ deliveryId: () => 'one' })),
  },
  {
    fault: 'stumbles over what is not JSON',
    fails: 'refuses garbage as a record',
    make: () =>
      soundSubject(
        withWebhook({
          receive(delivery) {
            JSON.parse(delivery.body)
            return webhook.receive(delivery)
          },
        }),
      ),
  },
  {
    fault: 'fetches less than it lists',
    fails: 'brings what a pull brings',
    make: () =>
      soundSubject({
        connector: {
          ...connector,
          streams: {
            contacts: {
              ...contacts,
              async fetch(ctx, keys) {
                const found = await contacts.fetch!(ctx as never, keys)
                return found.map((record) => ({ ...(record as object), company: null }))
              },
            },
          },
        },
        files: (files) => {
          const [said] = files['contacts.expected.json'].c1 as { attributes: Record<string, unknown> }[]
          delete said!.attributes.company_name
        },
      }),
  },
]
