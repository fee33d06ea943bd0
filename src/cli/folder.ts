import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, parse, resolve } from 'node:path'
import { ConfigError, HubError, reportOf } from '#kit'
import type { CsvConfig } from '../../connectors/csv/config.ts'
import { KINDS, type Kind } from '../../connectors/csv/read-csv.ts'
import type { Connection } from '../engine/connection.ts'
import type { EngineDeps } from '../engine/deps.ts'
import { LOST_RUN } from '../engine/reading/runs.ts'
import { problemsCsv } from './folder-problems.ts'
import { beginImport, importRows } from './import-rows.ts'
import { readBeside } from './read-beside.ts'

/** What one look did; names as they are in the folder's `done` and `failed` now. */
export interface FolderLook {
  imported: string[]
  /** Whose content had been imported before. */
  known: string[]
  failed: string[]
}

export interface WatchedFolder {
  /** Imports what has not changed since the last look. */
  look(): Promise<FolderLook>
}

/** A hub has other things to keep in memory too. */
const MAX_BYTES = 64 * 1024 * 1024
const LEASE_MS = 10 * 60_000

interface Plan {
  kind: Kind
  map: Record<string, string>
}

/**
 * Files of a folder become records, each content once: also after a restart, and under another name. What was read is moved
 * to `done`, what could not be to `failed`; beside it, `<name>.errors.csv` lists the rows that were left out, and why.
 */
export function watchFolder(deps: EngineDeps, connection: Connection, folder: string): WatchedFolder {
  const { store, clock, log } = deps
  const config = connection.config as CsvConfig
  const scope = { connection: connection.name, folder }
  let before = new Map<string, string>()
  /** What cannot be read or moved is told once, not at every look. */
  const told = new Set<string>()

  const warnOnce = (place: string, error: unknown): void => {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    if (told.has(`${place} ${code}`)) return
    told.add(`${place} ${code}`)
    log.warn('a watched folder cannot be used', { ...scope, place, code })
  }

  function list(): Map<string, string> {
    try {
      const files = readdirSync(folder).filter(isTable)
      return new Map(files.flatMap((name) => fingerprint(join(folder, name), name)))
    } catch (error) {
      warnOnce(folder, error)
      return new Map()
    }
  }

  /** Moves a file, after what is to stand beside it was written. */
  function put(name: string, into: 'done' | 'failed', beside?: string): string {
    const target = freeName(join(folder, into), name, clock.now())
    mkdirSync(join(folder, into), { recursive: true })
    if (beside !== undefined) writeFileSync(join(folder, into, `${target}.errors.csv`), beside)
    renameSync(join(folder, name), join(folder, into, target))
    return target
  }

  async function fail(name: string, error: HubError): Promise<string> {
    const report = reportOf(error)
    const run = beginImport(deps, connection.name, name)
    await store.control.saveRun({ ...run, state: 'failed', finishedAt: clock.now(), error: report })
    log.error('file not imported', { ...scope, file: name, error: report })
    return put(
      name,
      'failed',
      problemsCsv([{ line: '', code: report.code, message: report.message, isSkipped: true }]),
    )
  }

  async function take(name: string, seen: string, did: FolderLook): Promise<void> {
    const path = join(folder, name)
    const bytes = readFileSync(path)
    // It has grown while it was read: the next two looks decide.
    if (fingerprint(path, name)[0]?.[1] !== seen) return
    try {
      const { kind, map } = planOf(name, config)
      const hash = createHash('sha256')
        .update(JSON.stringify([kind, map, optionsOf(config)]))
        .update(bytes)
      const key = `imported:${connection.name}/${hash.digest('hex')}`
      if (await store.control.getSetting(key)) {
        log.info('file imported before', { ...scope, file: name })
        did.known.push(put(name, 'done'))
        return
      }
      if (bytes.length > MAX_BYTES)
        throw new ConfigError(
          'csv.unreadable',
          `The file has more than ${MAX_BYTES / 1024 / 1024} MB; tributary import reads larger ones`,
        )
      const result = await readBeside({ bytes, as: kind, map, options: optionsOf(config) })
      await store.control.endLostRuns(`${connection.name}/${kind} ${name}`, LOST_RUN)
      const run = await importRows(deps, { connection: connection.name, kind, file: name }, result)
      await store.control.setSetting(key, JSON.stringify({ file: name, at: clock.now(), run: run.id }))
      log.info('file imported', { ...scope, file: name, ...run.counts })
      did.imported.push(
        put(name, 'done', result.problems.length > 0 ? problemsCsv(result.problems) : undefined),
      )
    } catch (error) {
      if (!(error instanceof HubError) || error.kind !== 'config') throw error
      did.failed.push(await fail(name, error))
    }
  }

  return {
    async look() {
      const did: FolderLook = { imported: [], known: [], failed: [] }
      const now = list()
      const still = [...now].filter(([name, seen]) => before.get(name) === seen)
      before = now
      if (still.length === 0) return did
      const lease = { name: `folder:${connection.name}`, holder: deps.holder }
      try {
        for (const [name, seen] of still) {
          const now = clock.now()
          if (!(await store.control.acquireLease({ ...lease, now, ttlMs: LEASE_MS }))) break
          await take(name, seen, did).catch((error: NodeJS.ErrnoException) => {
            if (error.syscall === undefined) throw error
            warnOnce(name, error)
          })
        }
      } finally {
        await store.control.releaseLease(lease.name, lease.holder)
      }
      return did
    },
  }
}

/** Programs that write a file for a while give it another name until it is complete. */
const isTable = (name: string): boolean =>
  /\.(?:csv|tsv|txt)$/i.test(name) && !/^[.~]/.test(name) && !/\.errors\.csv$/i.test(name)

/** Of a file; nothing of what is none or is gone. */
function fingerprint(path: string, name: string): [string, string][] {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() ? [[name, `${stat.size} ${stat.mtimeMs} ${stat.ino}`]] : []
}

/** Throws ConfigError `csv.unknown_kind`. */
function planOf(name: string, { files = [] }: CsvConfig): Plan {
  const told = files.find((entry) => fits(name, entry.name))
  if (told) return { kind: told.as, map: told.map ?? {} }
  const kind = KINDS.find((known) => name.toLowerCase().startsWith(known))
  if (kind) return { kind, map: {} }
  throw new ConfigError(
    'csv.unknown_kind',
    `${name} does not say what it lists: the name of a file begins with ${KINDS.join(', ')}, or fits one of "files"`,
  )
}

const fits = (name: string, pattern: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 'is').test(name)

/** What decides how a file is read. */
const optionsOf = ({ folder: _, files: __, ...options }: CsvConfig): CsvConfig => options

const escaped = (text: string): string => text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&')

function freeName(folder: string, name: string, now: number): string {
  const isTaken = (candidate: string) =>
    statSync(join(folder, candidate), { throwIfNoEntry: false }) !== undefined
  if (!isTaken(name)) return name
  const { name: stem, ext } = parse(name)
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  for (let i = 0; ; i++) {
    const candidate = `${stem}.${stamp}${i === 0 ? '' : `-${i}`}${ext}`
    if (!isTaken(candidate)) return candidate
  }
}

const EVERY_MS = 5_000

/** Looks at the folders of all csv connections for the life of the hub. Their paths are relative to the configuration file. */
export async function watchFolders(
  deps: EngineDeps,
  { configFile, signal, onImport }: { configFile: string; signal: AbortSignal; onImport(): void },
): Promise<void> {
  const folders = [...deps.connections.values()].flatMap((connection) => {
    const { folder } = connection.config as CsvConfig
    if (connection.connector.name !== 'csv' || folder === undefined) return []
    return [watchFolder(deps, connection, resolve(dirname(configFile), folder))]
  })
  while (folders.length > 0 && !signal.aborted) {
    for (const folder of folders)
      await folder
        .look()
        .then(({ imported }) => imported.length > 0 && onImport())
        .catch((error: unknown) => deps.log.error('watched folder', { error: reportOf(error) }))
    await deps.clock.sleep(EVERY_MS, signal).catch(() => {})
  }
}
