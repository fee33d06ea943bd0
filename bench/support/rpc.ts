import type { ChildProcess } from 'node:child_process'

type Handlers = Record<string, (argument: never) => unknown>

/** A child's methods as its parent calls them. */
export type Remote<H extends Handlers> = {
  [K in keyof H]: (...argument: Parameters<H[K]>) => Promise<Awaited<ReturnType<H[K]>>>
}

interface Question {
  id: number
  name: string
  argument: unknown
}
interface Answer {
  id: number
  value?: unknown
  error?: string
}

/** Child side: answers the parent's questions; ends with the parent. */
export function answer(handlers: Handlers): void {
  process.on('message', (message) => {
    const { id, name, argument } = message as Question
    void Promise.resolve()
      .then(() => handlers[name]?.(argument as never))
      .then(
        (value): Answer => ({ id, value }),
        (error: unknown): Answer => ({
          id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
      )
      .then((reply) => process.send?.(reply))
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ id: 0 } satisfies Answer)
}

/** Parent side. Resolves when the child is ready to answer. */
export async function connect<H extends Handlers>(child: ChildProcess): Promise<Remote<H>> {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const ready = Promise.withResolvers<unknown>()
  waiting.set(0, ready)
  child.on('message', (message) => {
    const { id, value, error } = message as Answer
    const open = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) open?.resolve(value)
    else open?.reject(new Error(error))
  })
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the child process ended with ${code}`))
  })
  await ready.promise
  let last = 0
  const ask = (name: string, argument: unknown) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve, reject })
      child.send({ id, name, argument } satisfies Question)
    })
  return new Proxy({} as Remote<H>, {
    // A proxy that is awaited must not look like a promise.
    get: (_, name) => (name === 'then' ? undefined : (argument: unknown) => ask(String(name), argument)),
  })
}
