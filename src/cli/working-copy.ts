import { existsSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { ConfigError } from '#kit'
import {
  type CompiledMapping,
  checkMappings,
  compileMapping,
  formatProblem,
  isClassifierFile,
  type MappingProblem,
} from '../mapping/index.ts'
import { type MappingFile, readMappingFiles } from './mapping-files.ts'

/** Mapping files as they are on disk, whether or not they can be used. */
export interface WorkingCopy {
  mappings: CompiledMapping[]
  problems: MappingProblem[]
  warnings: MappingProblem[]
  /** Problems of the files' own tests. */
  failures: MappingProblem[]
  /** A problem with its line of the file. */
  show(problem: MappingProblem): string
}

/**
 * Compiles the files of a folder and runs their tests. `only`: one file alone; one from elsewhere takes the place of the
 * one that maps the same to the same object.
 */
export function readWorkingCopy(folder: string, only?: string): WorkingCopy {
  const files = only === undefined ? readMappingFiles(folder) : withFile(readMappingFiles(folder), only)
  const { mappings, classifier, problems, warnings } = checkMappings(files)
  const [texts, paths] = [
    new Map(files.map((f) => [f.file, f.text])),
    new Map(files.map((f) => [f.file, f.path])),
  ]
  const wanted = only === undefined ? undefined : nameOf(only)
  const isWanted = ({ file }: { file: string }) => wanted === undefined || file === wanted
  const own = mappings.filter(isWanted)
  return {
    mappings: own,
    problems: problems.filter(isWanted),
    warnings: warnings.filter(isWanted),
    failures: [...own, ...(classifier && isWanted(classifier) ? [classifier] : [])].flatMap((tested) => {
      const beside = dirname(paths.get(tested.file)!)
      return tested.runTests((path) => JSON.parse(readFileSync(resolve(beside, path), 'utf8')))
    }),
    show: (problem) => formatProblem(problem, texts.get(problem.file) ?? ''),
  }
}

/** Those files of a folder that compile; none where there is no folder. */
export const usableMappings = (folder: string): CompiledMapping[] =>
  existsSync(folder) ? checkMappings(readMappingFiles(folder)).mappings : []

const nameOf = (path: string): string => relative(process.cwd(), resolve(path)) || path

function withFile(files: MappingFile[], only: string): MappingFile[] {
  const path = resolve(only)
  if (files.some((file) => resolve(file.path) === path)) return files
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError('config.file_missing', `${only} cannot be read: ${code}`, { cause })
  }
  const isRules = isClassifierFile(only)
  const own = isRules ? undefined : compileMapping({ file: nameOf(only), text }).mapping
  const others = files.filter((file) => {
    if (isClassifierFile(file.file)) return !isRules
    const other = own && compileMapping(file).mapping
    return !(
      other &&
      other.destination === own.destination &&
      other.object === own.object &&
      other.from === own.from
    )
  })
  return [...others, { file: nameOf(only), path, text }]
}
