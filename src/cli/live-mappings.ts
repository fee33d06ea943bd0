import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, ConfigError, type Log, reportOf } from '#kit'
import { noteMappingTrouble } from '../engine/mappings/mapping-trouble.ts'
import type { Store } from '../engine/ports.ts'
import { type CompiledMapping, checkMappings, formatProblem } from '../mapping/index.ts'
import { isMappingFile, readMappingFiles } from './mapping-files.ts'

/** What looking at the folder found. `waiting`: files have just changed; the next look decides. */
export type Look = { state: 'same' | 'waiting' | 'changed' } | { state: 'broken'; problems: string[] }

/** The mappings of a folder, which may change while the hub runs. */
export interface LiveMappings {
  current(): CompiledMapping[]
  /** Takes over what changed since the last look and is right; keeps what is in use where any file is broken. */
  look(): Look
}

/** Compiles all mapping files; any problem stops the start, because half of the mappings is not what was asked for. */
export function loadMappings(folder: string): CompiledMapping[] {
  const { mappings, codes, problems } = readMappings(folder)
  if (problems.length > 0) throw new ConfigError(codes[0]!, problems.join('\n'))
  return mappings
}

function readMappings(folder: string) {
  const files = readMappingFiles(folder)
  const { mappings, problems } = checkMappings(files)
  const texts = new Map(files.map((f) => [f.file, f.text]))
  return {
    mappings,
    codes: problems.map(({ code }) => code),
    problems: problems.map((problem) => formatProblem(problem, texts.get(problem.file) ?? '')),
  }
}

/** Starts with the files as they are; throws ConfigError where they cannot be used. */
export function liveMappings(folder: string): LiveMappings {
  let seen = fingerprintOf(folder)
  let used = seen
  let current = loadMappings(folder)

  return {
    current: () => current,
    look() {
      const before = seen
      seen = fingerprintOf(folder)
      if (seen === used) return { state: 'same' }
      // An editor or a deployment writes in steps: what has been the same for one look is what it wanted to write.
      if (seen !== before) return { state: 'waiting' }
      used = seen
      const problems = takeOver()
      return problems.length === 0 ? { state: 'changed' } : { state: 'broken', problems }
    },
  }

  function takeOver(): string[] {
    try {
      const { mappings, problems } = readMappings(folder)
      if (problems.length > 0) return problems
      if (mappings.length === 0 && current.length > 0) return [`${folder} holds no mapping file any more`]
      current = mappings
      return []
    } catch (error) {
      return [reportOf(error).message]
    }
  }
}

/** Mappings that do not come from files. */
export const fixedMappings = (mappings: CompiledMapping[]): LiveMappings => ({
  current: () => mappings,
  look: () => ({ state: 'same' }),
})

/** Tells of changed files without reading them. */
function fingerprintOf(folder: string): string {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(isMappingFile)
      .sort()
      .map((name) => {
        const { size, mtimeMs, ino } = statSync(join(folder, name))
        return `${name} ${size} ${mtimeMs} ${ino}`
      })
      .join('\n')
  } catch (error) {
    return `unreadable: ${(error as NodeJS.ErrnoException).code}`
  }
}

const EVERY_MS = 1_000

/**
 * Looks at the folder every second for the life of the hub; file system events do not reach every container and network
 * drive. A set of files that is broken is reported once, and until it is mended by `/healthz` and `status`.
 */
export async function watchMappings(
  live: LiveMappings,
  {
    store,
    clock,
    log,
    signal,
    onChange,
  }: { store: Store; clock: Clock; log: Log; signal: AbortSignal; onChange(): void },
): Promise<void> {
  const note: typeof noteMappingTrouble = (control, trouble) =>
    noteMappingTrouble(control, trouble).catch((error: unknown) => {
      log.warn('state of the mapping files not noted', { error: reportOf(error) })
    })
  await note(store.control, undefined)
  while (!signal.aborted) {
    await clock.sleep(EVERY_MS, signal).catch(() => {})
    if (signal.aborted) return
    const found = live.look()
    if (found.state === 'broken') {
      log.error('mapping files are broken; the ones before stay in use', { problems: found.problems })
      await note(store.control, { since: clock.now(), problems: found.problems })
    } else if (found.state === 'changed') {
      log.info('mapping files read again', {
        mappings: live.current().map(({ file, hash }) => ({ file, hash })),
      })
      await note(store.control, undefined)
      onChange()
    }
  }
}
