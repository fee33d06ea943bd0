import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'
import { runCli } from '../../src/cli/program.ts'

export interface Ended {
  code: number | null
  out: string
  err: string
}

/** `\${NAME}` in a configuration, without tempting the linter. */
export const variable = (name: string): string => `\${${name}}`

/** An empty folder that is the working directory, with its own database, until the test has ended. */
export function workspace(files: Record<string, string | Uint8Array> = {}): {
  folder: string
  write(file: string, content: string | Uint8Array): string
} {
  const before = process.cwd()
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-cli-')))
  process.chdir(folder)
  vi.stubEnv('DATABASE_URL', 'file:hub.db')
  vi.stubEnv('LOG_LEVEL', 'error')
  for (const name of ['TRIBUTARY_CONFIG', 'TRIBUTARY_ADMIN_TOKEN', 'HOST', 'PORT'])
    vi.stubEnv(name, undefined)
  onTestFinished(() => {
    process.chdir(before)
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true, force: true })
  })
  const write = (file: string, content: string | Uint8Array) => {
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }
  for (const [file, content] of Object.entries(files)) write(file, content)
  return { folder, write }
}

/** One command line in this process, through the entry that the `tributary` executable calls. */
export async function tributary(...args: string[]): Promise<Ended> {
  let out = ''
  let err = ''
  const catchOutput = (stream: NodeJS.WriteStream, add: (text: string) => void) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      add(String(chunk))
      return true
    })
  const stdout = catchOutput(process.stdout, (text) => (out += text))
  const stderr = catchOutput(process.stderr, (text) => (err += text))
  try {
    return { code: await runCli(args), out, err }
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
  }
}

/** The same with --json: stdout must be one document. */
export async function tributaryJson<T = Record<string, unknown>>(
  ...args: string[]
): Promise<{ code: number | null; json: T; err: string }> {
  const { code, out, err } = await tributary(...args, '--json')
  return { code, json: JSON.parse(out) as T, err }
}

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Running {
  ended: Promise<Ended>
  /** Resolves with the match once stdout holds it; rejects where the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  stop(signal?: NodeJS.Signals): void
}

/** What users run, as `npm test` has built it before. */
export const BUNDLE = fileURLToPath(new URL('../../dist/tributary.js', import.meta.url))

/** The executable as a process of its own, in the working directory. */
export function startTributary(
  args: string[],
  env: Record<string, string> = {},
  executable: string = main,
): Running {
  const child = spawn(process.execPath, [executable, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const seen = { out: '', err: '' }
  const watchers = new Set<() => void>()
  child.stderr.on('data', (chunk: Buffer) => (seen.err += chunk))
  child.stdout.on('data', (chunk: Buffer) => {
    seen.out += chunk
    for (const watch of watchers) watch()
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...seen })))
  return {
    ended,
    stop: (signal = 'SIGTERM') => void child.kill(signal),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(seen.out)
          if (!match) return
          watchers.delete(look)
          resolve(match)
        }
        watchers.add(look)
        look()
        void ended.then(({ code, err }) => reject(new Error(`ended with ${code} before ${pattern}: ${err}`)))
      }),
  }
}
