import { expect } from 'vitest'
import { AuthError, RateLimitError, TransientError } from '#kit'
import {
  type Check,
  contents,
  keptRecords,
  plain,
  type Reading,
  read,
  readWell,
  type Subject,
  streamOf,
  throughJson,
} from '../subject.ts'
import { type Interference, toResponse } from '../vendor.ts'
import { corruptOne } from './corrupt.ts'

const HOUR_MS = 3_600_000
const WAIT_S = 7
const LONG_WAIT_S = 600
/** Requests of a run at which it is aborted. */
const MAX_ABORTS = 12

/** How a stream is read: restartable, repeatable, and at peace with a vendor in trouble. */
export function pullChecks(subject: Subject, name: string): Check[] {
  const stream = streamOf(subject, name)
  if (!stream.pull) return []
  const check = (what: string, run: () => Promise<void>): Check => ({
    name: what,
    title: `${name}: ${what}`,
    run,
  })
  const asRead = (reading: Reading) => contents(keptRecords(stream, reading))
  const fails = async (interfere: Interference) => (await read(subject, name, { interfere })).error

  return [
    check('is read page by page', async () => {
      const { pages } = await readWell(subject, name)
      expect(pages.length, 'the fixtures have two pages or more').toBeGreaterThan(1)
      expect(pages.map(({ isLast }) => isLast)).toEqual(pages.map((_, i) => i === pages.length - 1))
      expect(Object.keys(asRead({ pages } as Reading)).length).toBeGreaterThan(0)
    }),
    check('resumes after any page', async () => {
      const whole = await readWell(subject, name)
      for (const [i, page] of whole.pages.slice(0, -1).entries()) {
        expect(throughJson(page.cursor), 'a cursor is JSON').toEqual(page.cursor)
        const rest = await readWell(subject, name, { cursor: page.cursor })
        const both = { pages: [...whole.pages.slice(0, i + 1), ...rest.pages] }
        expect(asRead(both as Reading), `after page ${i + 1}`).toEqual(asRead(whole))
        expect(rest.pages.length, `pages left after page ${i + 1}`).toBe(whole.pages.length - i - 1)
      }
    }),
    check('finds nothing new in unchanged data', async () => {
      const first = await readWell(subject, name)
      const second = await readWell(subject, name, { cursor: first.pages.at(-1)!.cursor, later: HOUR_MS })
      const before = keptRecords(stream, first)
      for (const [key, record] of keptRecords(stream, second)) {
        expect(record.content, `${key} in the second run`).toBe(before.get(key)?.content)
        expect(record.version, `version of ${key} in the second run`).toBe(before.get(key)?.version)
      }
      expect(second.pages.flatMap(({ deleted }) => deleted)).toEqual([])
    }),
    check('waits as long as Retry-After says', async () => {
      const whole = await readWell(subject, name)
      const busy: Interference = ({ repetition }) =>
        repetition === 0 ? plain(429, { 'retry-after': String(WAIT_S) }) : undefined
      const reading = await readWell(subject, name, { interfere: busy })
      expect(asRead(reading)).toEqual(asRead(whole))
      const { waits } = reading.session.clock
      expect(waits.length).toBeGreaterThan(0)
      expect([...new Set(waits)]).toEqual([WAIT_S * 1000])
    }),
    check('hands a long Retry-After on', async () => {
      const error = await fails(() => plain(429, { 'retry-after': String(LONG_WAIT_S) }))
      expect(error).toBeInstanceOf(RateLimitError)
      expect((error as RateLimitError).details.retryAfterMs).toBe(LONG_WAIT_S * 1000)
    }),
    check('repeats what failed at the vendor', async () => {
      const whole = await readWell(subject, name)
      const shaky: Interference = ({ repetition }) => (repetition === 0 ? plain(503) : undefined)
      expect(asRead(await readWell(subject, name, { interfere: shaky }))).toEqual(asRead(whole))
    }),
    check('tells an outage', async () => {
      expect(await fails(() => plain(500))).toBeInstanceOf(TransientError)
      const down = () => {
        throw new TypeError('fetch failed')
      }
      expect(await fails(down)).toBeInstanceOf(TransientError)
    }),
    check('tells refused credentials', async () => {
      expect(await fails(() => subject.fixtures.connection.refused)).toBeInstanceOf(AuthError)
    }),
    check('reads the others beside a bad record', async () => {
      const whole = await readWell(subject, name)
      const corruption = corruptOne(stream, whole)
      if (!corruption) return
      const reading = await readWell(subject, name, {
        interfere: (_, prepared) => prepared && toResponse(corruption.apply(prepared)),
      })
      const others = asRead(whole)
      delete others[corruption.key]
      expect(asRead(reading)).toMatchObject(others)
      const unreadable = reading.pages
        .flatMap(({ records }) => records)
        .filter((raw) => !stream.record.safeParse(raw).success)
      if (corruption.isUnreadable) expect(unreadable.length, 'the bad record is handed on').toBeGreaterThan(0)
    }),
    check('stops when it is aborted', async () => {
      const whole = await readWell(subject, name)
      const requests = Math.min(whole.session.vendor.asked.length, MAX_ABORTS)
      for (let at = 0; at < requests; at++) await expectStop(subject, name, at)
    }),
  ]
}

async function expectStop(subject: Subject, name: string, at: number): Promise<void> {
  const controller = new AbortController()
  let begun = 0
  const reading = await read(subject, name, {
    signal: controller.signal,
    async interfere({ index, signal, ...asked }) {
      if (index !== at) return undefined
      begun = asked.begun()
      controller.abort(new DOMException('stopped by the kit', 'AbortError'))
      await untilAborted(signal)
      return undefined
    },
  })
  const place = `aborted at request ${at + 1}`
  expect(reading.error, `${place}: it went on`).toBeDefined()
  expect(reading.session.vendor.asked.length - begun, `${place}: requests begun after it`).toBe(0)
}

/** As `fetch` behaves. A signal that is not heeded gets its answer a few turns later. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    if (signal.aborted) throw signal.reason
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}
