export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

/** Text of a file: byte order marks are obeyed and removed; what is not UTF-8 is taken for Windows-1252, as Excel writes it. */
export function decode(bytes: Uint8Array): { text: string; encoding: Encoding } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe)
    return { text: new TextDecoder('utf-16le').decode(bytes), encoding: 'utf-16le' }
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return { text: new TextDecoder('utf-16be').decode(bytes), encoding: 'utf-16be' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' }
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'windows-1252' }
  }
}

const CANDIDATES = [',', ';', '\t', '|'] as const
const SAMPLE_CHARACTERS = 65_536
const SAMPLE_LINES = 25

/**
 * The delimiter that splits the first lines most evenly. Quoted text is skipped, so that "Lastname, Firstname" does not
 * count. A comma where nothing splits.
 */
export function sniffDelimiter(text: string): string {
  const counts = countPerLine(text.slice(0, SAMPLE_CHARACTERS))
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 }
  for (const delimiter of CANDIDATES) {
    const lines = counts.map((line) => line[delimiter])
    const first = lines[0] ?? 0
    if (first === 0) continue
    const score = lines.filter((count) => count === first).length / lines.length + first / 1000
    if (score > best.score) best = { delimiter, score }
  }
  return best.delimiter
}

type Counts = Record<(typeof CANDIDATES)[number], number>
const none = (): Counts => ({ ',': 0, ';': 0, '\t': 0, '|': 0 })

function countPerLine(text: string): Counts[] {
  const lines: Counts[] = []
  let line = none()
  let isQuoted = false
  let isEmpty = true
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted
    if (isQuoted) continue
    if (character === '\n') {
      if (!isEmpty) lines.push(line)
      line = none()
      isEmpty = true
      if (lines.length >= SAMPLE_LINES) return lines
    } else {
      if (character !== '\r') isEmpty = false
      if (character in line) line[character as keyof Counts]++
    }
  }
  if (!isEmpty) lines.push(line)
  return lines
}
