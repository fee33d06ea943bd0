import { ConfigError, countryCode } from '#kit'
import { type Evaluation, evaluate } from '../../identity/match/index.ts'
import type { CommandInput } from '../command.ts'
import { readMapOption } from '../map-option.ts'
import { EXIT } from '../output.ts'
import { type LabelledFile, readLabelledFile } from './labelled-file.ts'
import { describeEvaluation } from './report.ts'

export interface EvaluateOptions {
  entity?: string
  entityPattern?: string
  map?: string[]
  country?: string
  across?: boolean
}

/** Matches records that are labelled with who they are, and measures the result. */
export function evaluateFiles(
  files: string[],
  { options, output }: Pick<CommandInput<EvaluateOptions>, 'options' | 'output'>,
): number {
  const began = performance.now()
  const read = files.map((file) =>
    readLabelledFile(file, {
      map: readMapOption(options.map),
      entity: options.entity,
      entityPattern: readPattern(options.entityPattern),
      country: readHome(options.country),
      isSource: options.across,
    }),
  )
  const records = read.flatMap((one) => one.records)
  if (records.length < 2)
    throw new ConfigError('csv.unreadable', 'There are no two labelled records to compare')
  const loaded = performance.now()
  const evaluation = evaluate(records)
  const seconds = { reading: (loaded - began) / 1000, matching: (performance.now() - loaded) / 1000 }
  output.json({ files: files.map((file, i) => describeFile(file, read[i]!)), ...evaluation, seconds })
  if (!output.isJson) print(read, evaluation, seconds, output.line)
  return EXIT.done
}

function print(
  files: readonly LabelledFile[],
  evaluation: Evaluation,
  seconds: { reading: number; matching: number },
  line: (text: string) => void,
): void {
  for (const { mapping, unused, skipped } of files) {
    line(
      `Compared by: ${Object.entries(mapping)
        .map(([field, header]) => (field === header ? field : `${field} (${header})`))
        .join(', ')}`,
    )
    if (unused.length > 0) line(`Not used: ${unused.join(', ')}`)
    if (skipped > 0) line(`${skipped} rows without a label left out`)
  }
  for (const text of describeEvaluation(evaluation)) line(text)
  line(`\n${seconds.reading.toFixed(1)} s reading, ${seconds.matching.toFixed(1)} s learning and matching`)
}

const describeFile = (file: string, { records, mapping, unused, skipped }: LabelledFile) => ({
  file,
  records: records.length,
  mapping,
  unused,
  skipped,
})

function readHome(text: string | undefined): string | undefined {
  const code = text === undefined ? undefined : countryCode(text)
  if (text !== undefined && code === undefined)
    throw new ConfigError('cli.usage', `--country ${text} is no country; write its ISO code, such as DE`)
  return code
}

function readPattern(text: string | undefined): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text, 'u')
  } catch (cause) {
    throw new ConfigError('cli.usage', `--entity-pattern ${text} is no regular expression`, { cause })
  }
}
