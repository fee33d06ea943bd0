import { closeSync, openSync, writeSync } from 'node:fs'
import { ConfigError } from '#kit'

/** Written at once: a call for every line costs more than making it. */
const BLOCK = 64_000

/** A file of JSON values, one a line. */
export interface LinesFile {
  add(value: unknown): void
  /** May be called again. */
  close(): void
}

/** Throws ConfigError `plan.unreadable`, as do its functions. */
export function startLines(file: string): LinesFile {
  const orUnwritable = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      throw new ConfigError('plan.unreadable', `The list cannot be written to ${file}: ${code}`, { cause })
    }
  }
  let handle: number | undefined = orUnwritable(() => openSync(file, 'w'))
  let waiting = ''
  const flush = () => {
    const text = waiting
    waiting = ''
    if (handle !== undefined && text !== '') orUnwritable(() => writeSync(handle!, text))
  }
  return {
    add(value) {
      waiting += `${JSON.stringify(value)}\n`
      if (waiting.length >= BLOCK) flush()
    },
    close() {
      try {
        flush()
      } finally {
        if (handle !== undefined) closeSync(handle)
        handle = undefined
      }
    },
  }
}
