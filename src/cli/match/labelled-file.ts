import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { ConfigError } from '#kit'
import { decode, sniffDelimiter } from '../../../connectors/csv/decode.ts'
import { parseRows } from '../../../connectors/csv/rows.ts'
import { type LabelledRecord, prepareValues } from '../../identity/match/index.ts'
import { type ColumnOptions, findColumns } from './columns.ts'

export interface LabelledFileOptions extends ColumnOptions {
  /** The part of the column that is who it is: the first group, or all that matches. */
  entityPattern?: RegExp | undefined
  /** Country of records without one (ISO 3166-1), for national telephone numbers. */
  country?: string | undefined
  /** Records of one file are not compared with each other. */
  isSource?: boolean | undefined
}

export interface LabelledFile {
  records: LabelledRecord[]
  /** Field → header. */
  mapping: Record<string, string>
  unused: string[]
  /** Rows without a label or with broken quotes. */
  skipped: number
}

/** Reads a CSV file whose records say who they really are. Ids are unique over files. */
export function readLabelledFile(file: string, options: LabelledFileOptions): LabelledFile {
  const { text } = decode(read(file))
  const { rows, problems } = parseRows(text, sniffDelimiter(text), 1)
  const [first, ...data] = rows
  if (!first) throw new ConfigError('csv.unreadable', `${file} has no rows`)
  const header = first.cells.map((name) => name.trim())
  const { fields, id, entity, unused } = findColumns(header, options)
  const seen = new Set<string>()
  const records = data.flatMap(({ line, cells }): LabelledRecord[] => {
    const label = labelOf(cells[entity]?.trim() ?? '', options.entityPattern)
    if (label === undefined) return []
    const written = Object.fromEntries([...fields].map(([field, column]) => [field, cells[column]?.trim()]))
    if (options.country && !written.country) written.country = options.country
    const own = (id === undefined ? '' : cells[id]?.trim()) || `line ${line}`
    // Two rows may have one id: they are two records all the same.
    const key = `${basename(file)}/${seen.has(own) ? `${own} (line ${line})` : own}`
    seen.add(own)
    return [
      {
        id: key,
        entity: label,
        values: prepareValues(written),
        ...(options.isSource ? { source: file } : {}),
      },
    ]
  })
  return {
    records,
    mapping: Object.fromEntries([...fields].map(([field, column]) => [field, header[column]!])),
    unused,
    skipped: data.length - records.length + problems.length,
  }
}

function labelOf(cell: string, pattern: RegExp | undefined): string | undefined {
  if (pattern === undefined) return cell === '' ? undefined : cell
  const match = pattern.exec(cell)
  return match ? (match[1] ?? match[0]) : undefined
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError('csv.unreadable', `${file} cannot be read: ${code ?? cause}`, { cause })
  }
}
