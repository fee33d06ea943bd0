import type { Clock } from '#kit'
import type { NewReceipt, Store } from './ports.ts'

export interface Receiver {
  /** Resolves when the receipt is durable; only then may its sender be told 2xx. Rejects where it could not be stored. */
  receive(receipt: NewReceipt): Promise<void>
  /** Called after every commit that stored something new. */
  onStored(listener: () => void): void
  /** Calls them because there is other work that nobody should wait for. */
  announce(): void
  /** Stores what is waiting. */
  flush(): Promise<void>
  /** Many senders at once are waiting for their answer: whoever else writes should leave them the way. */
  isPressed(): boolean
}

interface Waiting {
  receipt: NewReceipt
  resolve: () => void
  reject: (error: unknown) => void
}

const MAX_BATCH = 256
/** Receipts in one commit that make a press, and how long it is remembered. */
const PRESS = 8
const PRESS_MS = 40

/**
 * Group commit: receipts that arrive in one turn of the event loop, or while a commit is under way, share one commit,
 * and all wait for it. Same durability as a commit each, at a fraction of the cost. A timer in place of the turn saves no
 * CPU and costs its time: 32 senders at a time got 10,000 receipts a second stored, with 2 ms of waiting 5,800.
 */
export function createReceiver({
  store,
  clock,
  sharesCommits = true,
}: {
  store: Store
  clock: Clock
  sharesCommits?: boolean
}): Receiver {
  let waiting: Waiting[] = []
  let committing: Promise<void> | undefined
  let isScheduled = false
  let pressedAt = Number.NEGATIVE_INFINITY
  const listeners: (() => void)[] = []

  async function commit(batch: Waiting[]): Promise<void> {
    try {
      const fresh = await store.intake.takeReceipts(batch.map((w) => w.receipt))
      for (const { resolve } of batch) resolve()
      if (fresh > 0) for (const listener of listeners) listener()
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    if (batch.length >= PRESS) pressedAt = clock.now()
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH)
      waiting = waiting.slice(MAX_BATCH)
      await commit(batch)
    }
  }

  function start(): Promise<void> {
    isScheduled = false
    committing ??= drain().finally(() => {
      committing = undefined
      // What came after the last look and before this.
      if (waiting.length > 0) schedule()
    })
    return committing
  }

  function schedule() {
    if (committing || isScheduled) return
    if (!sharesCommits) {
      void start()
      return
    }
    isScheduled = true
    setImmediate(start)
  }

  return {
    receive(receipt) {
      return new Promise((resolve, reject) => {
        waiting.push({ receipt, resolve, reject })
        schedule()
      })
    },
    onStored(listener) {
      listeners.push(listener)
    },
    announce() {
      for (const listener of listeners) listener()
    },
    async flush() {
      do await start()
      while (waiting.length > 0)
    },
    isPressed: () => waiting.length >= PRESS || clock.now() - pressedAt < PRESS_MS,
  }
}
