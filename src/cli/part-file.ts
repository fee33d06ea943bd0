import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { ConfigError } from '#kit'

/** A plan's file that is written piece by piece; at its place once it is whole. */
export interface PartFile {
  write(text: string): void
  /** Puts it at its place. */
  end(): void
  /** Leaves nothing behind, unless it was ended. */
  discard(): void
}

/** Throws ConfigError `plan.unreadable`, as do its functions. */
export function startPartFile(file: string): PartFile {
  const part = `${file}.part`
  const orUnwritable = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      throw new ConfigError('plan.unreadable', `The plan cannot be written to ${file}: ${code}`, { cause })
    }
  }
  let handle: number | undefined = orUnwritable(() => openSync(part, 'w'))
  const close = () => {
    if (handle !== undefined) closeSync(handle)
    handle = undefined
  }
  return {
    write: (text) => void orUnwritable(() => writeSync(handle!, text)),
    end: () =>
      orUnwritable(() => {
        close()
        renameSync(part, file)
      }),
    discard() {
      close()
      rmSync(part, { force: true })
    },
  }
}
