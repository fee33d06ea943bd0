// The Worker on this machine, without network: D1, queue and cron in workerd, data in .wrangler/state.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const port = process.env.PORT ?? '8787'
const url = `http://127.0.0.1:${port}`
const MINUTE_MS = 60_000
const STOP_MS = 5_000

const environment = {
  ...process.env,
  // Read by scripts/embed.ts, which wrangler runs at every build.
  TRIBUTARY_CONFIG: process.env.TRIBUTARY_CONFIG ?? defaultConfig(),
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  XDG_CONFIG_HOME: join(root, '.wrangler/config'),
  WRANGLER_LOG_PATH: join(root, '.wrangler/logs'),
}

const stopping = new AbortController()
process.on('SIGINT', () => stopping.abort())
process.on('SIGTERM', () => stopping.abort())

const variables = readVariables()

async function run(): Promise<number> {
  if (!(await isFree())) {
    console.error(`Port ${port} is in use by another process; choose one with PORT=8788 npm run dev:worker`)
    return 1
  }
  const migrated = await ended(start(['d1', 'migrations', 'apply', 'tributary', '--local']))
  if (migrated !== 0 || stopping.signal.aborted) return migrated
  const worker = start([
    'dev',
    '--local',
    '--ip',
    '127.0.0.1',
    '--port',
    port,
    '--show-interactive-dev-session=false',
  ])
  stopping.signal.addEventListener('abort', () => stop(worker))
  const code = ended(worker)
  if (await isReady(worker)) {
    describe()
    void ringEveryMinute(worker)
  }
  const status = await code
  return stopping.signal.aborted ? 0 : status
}

/** In a process group of its own, so that Ctrl-C reaches wrangler once and in order. */
function start(args: string[]): ChildProcess {
  const wrangler = fileURLToPath(import.meta.resolve('wrangler'))
  return spawn(process.execPath, ['--no-warnings', wrangler, ...args], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
}

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))

function stop(child: ChildProcess): void {
  if (child.exitCode !== null || child.pid === undefined) return
  const group = -child.pid
  child.kill('SIGINT')
  const timer = setTimeout(() => process.kill(group, 'SIGKILL'), STOP_MS)
  child.once('exit', () => clearTimeout(timer))
}

const isFree = (): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(Number(port), '127.0.0.1', () => server.close(() => resolve(true)))
  })

async function isReady(worker: ChildProcess): Promise<boolean> {
  while (worker.exitCode === null && !stopping.signal.aborted) {
    const response = await fetch(`${url}/healthz`).catch(() => undefined)
    await response?.body?.cancel()
    if (response) return true
    await sleep(200)
  }
  return false
}

/** Crons do not fire by themselves in local development. */
async function ringEveryMinute(worker: ChildProcess): Promise<void> {
  while (worker.exitCode === null && !stopping.signal.aborted) {
    const response = await fetch(`${url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*`).catch(() => undefined)
    await response?.body?.cancel()
    await sleep(MINUTE_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
  }
}

function defaultConfig(): string {
  return existsSync(join(root, 'tributary.yaml')) ? 'tributary.yaml' : 'scripts/dev-worker.yaml'
}

/** wrangler hands .dev.vars to the Worker as its variables and secrets. */
function readVariables(): NodeJS.Dict<string> {
  const file = join(root, '.dev.vars')
  if (!existsSync(file)) {
    const example = readFileSync(join(root, '.dev.vars.example'), 'utf8')
    const filled = example.replace(
      /^([^#].*)\{random\}/gm,
      (_, before) => before + randomBytes(18).toString('base64url'),
    )
    writeFileSync(file, filled, { mode: 0o600 })
    console.log('Made .dev.vars from .dev.vars.example')
  }
  return parseEnv(readFileSync(file, 'utf8'))
}

function describe(): void {
  console.log(`\nThe Worker answers on ${url} with ${environment.TRIBUTARY_CONFIG}. Ctrl-C stops it.`)
  if (variables.WEBSITE_WRITE_KEY) {
    console.log(
      `  send an event: curl -u ${variables.WEBSITE_WRITE_KEY}: ${url}/v1/track -d '{"event":"Signed Up","userId":"u1"}'`,
    )
  }
  if (variables.TRIBUTARY_ADMIN_TOKEN) {
    console.log(
      `  look at it:    curl -H "Authorization: Bearer ${variables.TRIBUTARY_ADMIN_TOKEN}" ${url}/api/touchpoints`,
    )
  }
}

process.exitCode = await run()
