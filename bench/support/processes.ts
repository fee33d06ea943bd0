import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadSummary } from './load.ts'
import { cpuSeconds, memoryOf } from './machine.ts'
import { connect, type Remote } from './rpc.ts'
import { SECRETS } from './settings.ts'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))
const support = (name: string) => join(root, 'bench', 'support', `${name}.ts`)

/** Set by --profile: every hub process writes a CPU profile here. */
export const profiling: { folder?: string } = {}
/** Flags of Node that `npm start` sets. */
const startFlags = (): string[] =>
  (
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }
  ).scripts.start
    .split(' ')
    .filter((word) => word.startsWith('--'))
const nodeFlags = (isHub: boolean) =>
  isHub && profiling.folder ? ['--cpu-prof', `--cpu-prof-dir=${profiling.folder}`] : []

/** A folder on the disk that databases live on: a memory file system would make commits look free. Gone after `use`. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const parent = join(root, 'data', 'bench')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'run-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface Server {
  pid: number
  port: number
  /** From spawn until it said that it listens, in milliseconds. */
  listenedAfter: number
  stop(): Promise<void>
}

/** The hub as users start it: the bundle (its sources under --profile, so that costs have a file), a temporary database. */
export async function startHub(folder: string, config: string): Promise<Server> {
  const configFile = writeConfig(folder, config)
  const entry = entryFile()
  return startServer(
    [...startFlags(), ...nodeFlags(true), join(root, entry), 'start', '--config', configFile],
    {
      ...SECRETS,
      DATABASE_URL: `file:${join(folder, 'tributary.db')}`,
      PORT: '0',
      LOG_LEVEL: 'error',
    },
  )
}

/** Makes the fields that the shipped mappings write in a CRM, as its administrator would. */
export async function setUpCrm(folder: string, config: string, connection: string): Promise<void> {
  const args = [
    join(root, entryFile()),
    'setup',
    connection,
    '--apply',
    '--config',
    writeConfig(folder, config),
  ]
  const env = { ...process.env, ...SECRETS, DATABASE_URL: ':memory:', LOG_LEVEL: 'error' }
  const [code] = await once(
    track(spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })),
    'close',
  )
  if (code !== 0) throw new Error(`setup ended with ${code}`)
}

export interface CommandCost {
  seconds: number
  /** Of the process and all its threads. */
  cpuSeconds: number
  peakMb: number
}

const SAMPLE_MS = 25

/** A command of the product as users run it, in a process of its own; what it cost to its end. */
export async function runCommand(
  folder: string,
  config: string,
  args: string[],
  expected: readonly number[] = [0],
): Promise<CommandCost> {
  const started = performance.now()
  const child = track(
    spawn(
      process.execPath,
      [
        ...startFlags(),
        ...nodeFlags(true),
        join(root, entryFile()),
        ...args,
        '--config',
        writeConfig(folder, config),
      ],
      {
        env: {
          ...process.env,
          ...SECRETS,
          DATABASE_URL: `file:${join(folder, 'tributary.db')}`,
          LOG_LEVEL: 'error',
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    ),
  )
  const cost: CommandCost = { seconds: 0, cpuSeconds: 0, peakMb: 0 }
  // The peak only grows, so that the last look before the end has it.
  const sampling = setInterval(() => {
    try {
      cost.cpuSeconds = cpuSeconds(child.pid!)
      cost.peakMb = memoryOf(child.pid!).peak || cost.peakMb
    } catch {
      // It has ended meanwhile.
    }
  }, SAMPLE_MS)
  const [code] = await once(child, 'close')
  clearInterval(sampling)
  if (!expected.includes(code)) throw new Error(`tributary ${args.join(' ')} ended with ${code}`)
  cost.seconds = (performance.now() - started) / 1000
  return cost
}

export const entryFile = (): string => (profiling.folder ? 'src/cli/main.ts' : 'dist/tributary.js')

function writeConfig(folder: string, config: string): string {
  const file = join(folder, 'tributary.yaml')
  writeFileSync(file, config)
  return file
}

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill()
})

/** A figure that fails leaves no process behind. */
function track<C extends ChildProcess>(child: C): C {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

export const startBaseline = (): Promise<Server> => startServer([support('parse-only')], {})

async function startServer(args: string[], env: Record<string, string>): Promise<Server> {
  const started = performance.now()
  const child = track(
    spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  let text = ''
  child.stdout.setEncoding('utf8')
  while (!/listens on http\S+:(\d+)/.test(text)) {
    const [chunk] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    if (typeof chunk !== 'string') throw new Error(`${args.join(' ')} ended with ${chunk}`)
    text += chunk
  }
  const port = Number(/listens on http\S+:(\d+)/.exec(text)![1])
  return { pid: child.pid!, port, listenedAfter: performance.now() - started, stop: () => end(child) }
}

/** A child of `bench/support` with methods. */
export interface Helper<H extends Record<string, (argument: never) => unknown>> {
  pid: number
  ask: Remote<H>
  stop(): Promise<void>
}

export async function startHelper<H extends Record<string, (argument: never) => unknown>>(
  name: string,
  options: {
    argument?: unknown
    env?: Record<string, string>
    isHub?: boolean
    /** With the flags of `npm start`. */
    isServed?: boolean
  } = {},
): Promise<Helper<H>> {
  const child = fork(support(name), [JSON.stringify(options.argument ?? null)], {
    execArgv: [...(options.isServed ? startFlags() : []), ...nodeFlags(options.isHub ?? false)],
    env: { ...process.env, ...options.env },
  })
  const ask = await connect<H>(child)
  return {
    pid: child.pid!,
    ask,
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

export const runLoad = async (order: LoadOrder): Promise<LoadSummary> =>
  JSON.parse(await runScript('load', order)) as LoadSummary

/** Runs a script of `bench/support` to its end; what it printed. */
export async function runScript(name: string, argument: unknown): Promise<string> {
  const child = spawn(process.execPath, [support(name), JSON.stringify(argument)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} ended with ${code}`)
  return text
}
