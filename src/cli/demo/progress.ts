import { MultiBar, Presets } from 'cli-progress'

export interface Bar {
  add(count: number): void
  /** Sets the total where it is only known later. */
  total(count: number): void
  end(): void
}

/** Progress bars on a terminal, a plain line per finished step otherwise; always on stderr. */
export function createProgress(isQuiet: boolean): { bar(title: string, total: number): Bar; stop(): void } {
  if (isQuiet) return { bar: () => ({ add() {}, total() {}, end() {} }), stop() {} }
  if (!process.stderr.isTTY) return { bar: plainBar, stop() {} }
  const bars = new MultiBar(
    {
      format: '{title} {bar} {value}/{total}',
      hideCursor: true,
      clearOnComplete: false,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  return {
    bar(title, total) {
      const bar = bars.create(Math.max(total, 1), 0, { title: title.padEnd(32) })
      return {
        add: (count) => bar.increment(count),
        total: (count) => bar.setTotal(count),
        end: () => bar.update(bar.getTotal()),
      }
    },
    stop: () => bars.stop(),
  }
}

function plainBar(title: string): Bar {
  let done = 0
  return {
    add: (count) => {
      done += count
    },
    total() {},
    end: () => void process.stderr.write(`${title}: ${done}\n`),
  }
}
