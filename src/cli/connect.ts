import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { AuthError, ConfigError, nearestOrAll } from '#kit'
import { type Connection, contextOf } from '../engine/connection.ts'
import { answerBrowser, CALLBACK_PATH, finishConsent } from '../routes/oauth.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { EXIT } from './output.ts'

const WAIT_MS = 5 * 60_000

/** Lets the owner of an account agree in a browser, on this machine, and keeps what that is worth. */
export async function connect({
  environment,
  output,
  args,
  options,
}: CommandInput<{ port: string; browser: boolean }>): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment, { isReader: true })
  /** With --json stdout is for the result alone. */
  const tell = (text: string) => (output.isJson ? void process.stderr.write(`${text}\n`) : output.line(text))
  try {
    const { connections, clock, log } = context.engine.deps
    const connection = consentOf(connections, args[0]!)
    await usingLoopback(portOf(options.port), async ({ address, finished }) => {
      const url = await connection.consent!.begin(address + CALLBACK_PATH)
      tell(`Agree in the browser; if none opens, open this address:\n\n  ${url}\n`)
      tell(`The vendor must know this redirect address: ${address}${CALLBACK_PATH}`)
      if (options.browser) openBrowser(url)
      await finished({ find: (name) => connections.get(name), signal })
    })
    await connection.connector.check?.(contextOf(connection, { clock, log, signal }))
    output.json({ connection: connection.name, state: 'connected' })
    output.line(`${connection.name} is connected.`)
    return EXIT.done
  } finally {
    await context.close()
  }
}

function consentOf(connections: ReadonlyMap<string, Connection>, name: string): Connection {
  const connection = connections.get(name)
  if (connection?.consent) return connection
  const able = [...connections.values()].filter(({ consent }) => consent).map((c) => c.name)
  throw new ConfigError(
    'config.unknown_connection',
    connection
      ? `${name} has credentials of its own in the configuration; nobody needs to let it in`
      : `There is no connection ${name} to let in; ${able.length > 0 ? nearestOrAll(name, able) : 'none is configured for consent'}`,
  )
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new ConfigError('cli.usage', `--port is "${text}"; a port is a number up to 65535`)
}

interface Loopback {
  address: string
  /** Settles when a browser has come back with an answer. */
  finished(options: { find(name: string): Connection | undefined; signal: AbortSignal }): Promise<void>
}

/** A server for one answer (RFC 8252, section 7.3). */
async function usingLoopback(port: number, work: (loopback: Loopback) => Promise<void>): Promise<void> {
  const answered = Promise.withResolvers<void>()
  let find: (name: string) => Connection | undefined = () => undefined
  const app = new Hono().get(CALLBACK_PATH, (c) =>
    answerBrowser(c, async () => {
      try {
        const connection = await finishConsent(c.req.query(), { connection: find })
        answered.resolve()
        return connection
      } catch (error) {
        // Somebody else's answer is not the end of ours.
        if (!(error instanceof AuthError && error.code === 'auth.state_invalid')) answered.reject(error)
        throw error
      }
    }),
  )
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port })
  try {
    await Promise.race([
      once(server, 'listening'),
      once(server, 'error').then(([error]) => Promise.reject(error)),
    ])
  } catch (cause) {
    throw new ConfigError(
      'server.port_in_use',
      `Port ${port} cannot be used for the answer; take another with --port`,
      {
        cause,
      },
    )
  }
  const bound = server.address()
  const address = `http://localhost:${typeof bound === 'object' && bound ? bound.port : port}`
  try {
    await work({
      address,
      async finished(options) {
        find = options.find
        const giveUp = AbortSignal.any([options.signal, AbortSignal.timeout(WAIT_MS)])
        giveUp.addEventListener('abort', () =>
          answered.reject(new AuthError('auth.denied', 'Nobody agreed within five minutes')),
        )
        await answered.promise
      },
    })
  } finally {
    // The page is still on its way to the browser.
    server.close()
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  }
}

/** A machine without a browser, or without a screen, has the address in its terminal. */
function openBrowser(url: string): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url]
  spawn(command!, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
