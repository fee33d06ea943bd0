import { connect, type Socket } from 'node:net'
import type { Message } from './bodies.ts'

export interface LoadResult {
  requests: number
  /** Answers other than 2xx, and lost connections. */
  failures: number
  seconds: number
  /** Latencies in milliseconds, ascending. */
  latencies: Float64Array
}

/**
 * Requests over `inFlight` keep-alive connections, each sending its next one when its answer is there. On bare sockets:
 * server and client share two cores, and an HTTP client library would cost as much as the server.
 */
export async function sendLoad(options: {
  port: number
  inFlight: number
  /** Undefined ends the load. */
  next: () => Message | undefined
  /** Latencies count from here on. */
  warmUpMs: number
}): Promise<LoadResult> {
  const { port, inFlight, next, warmUpMs } = options
  const latencies: number[] = []
  let failures = 0
  const begun = performance.now() + warmUpMs
  let ended = begun
  const note = (sentAt: number, status: number) => {
    const now = performance.now()
    if (status < 200 || status > 299) failures++
    else if (sentAt >= begun) {
      latencies.push(now - sentAt)
      ended = now
    }
  }
  await Promise.all(Array.from({ length: inFlight }, () => runLane(port, next, note)))
  return {
    requests: latencies.length,
    failures,
    seconds: (ended - begun) / 1000,
    latencies: Float64Array.from(latencies).sort(),
  }
}

function runLane(
  port: number,
  next: () => Message | undefined,
  note: (sentAt: number, status: number) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  let sentAt = 0
  const send = () => {
    const message = next()
    if (!message) {
      socket.end()
      resolve()
      return
    }
    sentAt = performance.now()
    write(socket, port, message)
  }
  socket.setEncoding('latin1')
  socket.once('connect', send)
  socket.once('error', reject)
  socket.on('data', (text: string) => {
    received += text
    if (!isComplete(received)) return
    note(sentAt, Number(received.slice(9, 12)))
    received = ''
    send()
  })
  socket.once('close', () => resolve())
  return promise
}

function write(socket: Socket, port: number, { path, headers, body }: Message): void {
  let head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`
  socket.write(`${head}\r\n${body}`, 'utf8')
}

/** One answer at a time is under way, so whatever follows its head is its body. */
function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1]
  return length === undefined ? text.endsWith('0\r\n\r\n') : text.length >= end + 4 + Number(length)
}
