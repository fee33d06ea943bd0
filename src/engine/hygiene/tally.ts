import type { RecordKind } from '#kit'
import { CHECKS, type Fix, type Issue } from '../../hygiene/index.ts'

/** One thing that is wrong with one record. */
export interface Finding extends Issue {
  object: string
  crmId: string
}

export interface CheckCount {
  check: string
  title: string
  object: string
  /** Records that have it. */
  count: number
  /** Of which a plan can put right. */
  fixable: number
  /** The first few. */
  examples: Finding[]
}

export interface Grade {
  records: number
  /** Records without a single issue. */
  clean: number
  /** Their share, 0–1; 1 where there is no record. */
  grade: number
}

interface Questions {
  isWanted(check: string): boolean
  /** Whether the CRM's API can do it. */
  canFix(fix: Fix): boolean
  onFinding(finding: Finding): void
}

const EXAMPLES = 3

/** Counts records and what is wrong with them: one bit of memory a record, and a few examples of each check. */
export class Tally {
  #objects = new Map<string, { kind: RecordKind; records: number; flags: Uint8Array }>()
  #checks = new Map<string, CheckCount>()
  #ask: Questions

  constructor(ask: Questions) {
    this.#ask = ask
  }

  open(object: string, kind: RecordKind): void {
    this.#objects.set(object, { kind, records: 0, flags: new Uint8Array(1024) })
  }

  /** Number of the next record of an object. */
  count(object: string): number {
    return this.#objects.get(object)!.records++
  }

  /** What is asked for of it. */
  add(object: string, crmId: string, number: number, issues: readonly Issue[]): Finding[] {
    const found = issues
      .filter(({ check }) => this.#ask.isWanted(check))
      .map((issue) => ({ object, crmId, ...issue }))
    if (found.length > 0) this.#flag(object, number)
    const seen = new Set<string>()
    for (const finding of found) {
      this.#ask.onFinding(finding)
      // One record is one defect of a kind, in however many of its fields.
      if (seen.has(finding.check)) continue
      seen.add(finding.check)
      const key = `${object} ${finding.check}`
      let own = this.#checks.get(key)
      if (!own) {
        const title = CHECKS[finding.check]?.title ?? finding.check
        own = { check: finding.check, title, object, count: 0, fixable: 0, examples: [] }
        this.#checks.set(key, own)
      }
      own.count++
      if (found.some(({ check, fix }) => check === finding.check && fix && this.#ask.canFix(fix)))
        own.fixable++
      if (own.examples.length < EXAMPLES) own.examples.push(finding)
    }
    return found
  }

  #flag(object: string, number: number): void {
    const own = this.#objects.get(object)!
    const byte = number >> 3
    if (byte >= own.flags.length) {
      const grown = new Uint8Array(Math.max(byte + 1, own.flags.length * 2))
      grown.set(own.flags)
      own.flags = grown
    }
    own.flags[byte]! |= 1 << (number & 7)
  }

  objects(): ({ object: string; kind: RecordKind } & Grade)[] {
    return [...this.#objects].map(([object, { kind, records, flags }]) => ({
      object,
      kind,
      ...gradeOf(records, bitsIn(flags)),
    }))
  }

  /** Most frequent first. */
  checks(): CheckCount[] {
    return [...this.#checks.values()].sort((a, b) => b.count - a.count || (a.check < b.check ? -1 : 1))
  }
}

export function gradeOf(records: number, flawed: number): Grade {
  const clean = records - flawed
  return { records, clean, grade: records === 0 ? 1 : clean / records }
}

function bitsIn(flags: Uint8Array): number {
  let bits = 0
  for (const byte of flags) for (let rest = byte; rest > 0; rest &= rest - 1) bits++
  return bits
}
