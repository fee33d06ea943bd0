import { type Classifier, DIMENSIONS } from './classifier.ts'
import { compileClassifier, isClassifierFile } from './compile-classifier.ts'
import { compileMapping, type MappingSource } from './compile-mapping.ts'
import { sortProblems } from './problems.ts'
import type { CompiledMapping, MappingProblem } from './types.ts'

export interface CheckResult {
  mappings: CompiledMapping[]
  /** Of `classify.yaml`, which the mappings carry as well. */
  classifier?: Classifier
  problems: MappingProblem[]
  /** Likely slips that stop nothing. */
  warnings: MappingProblem[]
}

/**
 * Compiles all files and checks them against each other: two files for one object, links to objects that no file
 * writes. `mappings` are those without errors of their own.
 */
export function checkMappings(sources: readonly MappingSource[]): CheckResult {
  const [rules, files] = [
    sources.filter(({ file }) => isClassifierFile(file)),
    sources.filter(({ file }) => !isClassifierFile(file)),
  ]
  const classified = rules.map(compileClassifier)
  const classifier = classified[0]?.classifier
  const compiled = files.map(compileMapping)
  const own = compiled.flatMap(({ mapping }) => mapping ?? [])
  const mappings = classifier ? own.map((mapping) => ({ ...mapping, classifier })) : own
  const results = [...compiled, ...classified]
  return {
    mappings,
    ...(classifier ? { classifier } : {}),
    problems: sortProblems([
      ...results.flatMap(({ problems }) => problems),
      ...rivals(mappings),
      ...rivalRules(rules),
    ]),
    warnings: sortProblems([
      ...results.flatMap(({ warnings }) => warnings),
      ...deadLinks(mappings),
      ...(rules.length === 0 ? unclassified(mappings) : []),
    ]),
  }
}

const rivalRules = ([first, ...others]: readonly MappingSource[]): MappingProblem[] =>
  others.map(({ file }) => {
    const message = `${first!.file} already classifies accounts; one folder has one classify.yaml.`
    return { code: 'mapping.duplicate', file, line: 1, column: 1, message }
  })

/** Mappings that read what nobody decides. */
const unclassified = (mappings: readonly CompiledMapping[]): MappingProblem[] =>
  mappings.flatMap(({ file, reads }): MappingProblem[] => {
    const path = DIMENSIONS.map((name) => `account.${name}`).find((name) => reads.paths.has(name))
    const message = `${path} is always absent: the folder has no classify.yaml.`
    return path
      ? [{ code: 'mapping.unknown_name', file, line: 1, column: 1, message, severity: 'warning' }]
      : []
  })

function rivals(mappings: readonly CompiledMapping[]): MappingProblem[] {
  const owners = new Map<string, CompiledMapping>()
  return mappings.flatMap((mapping): MappingProblem[] => {
    const { destination, object, from, file } = mapping
    const key = JSON.stringify([destination, object, from])
    const owner = owners.get(key)
    owners.set(key, owner ?? mapping)
    if (!owner) return []
    const message = `${owner.file} already maps ${from} to ${object} of ${destination}.`
    return [{ code: 'mapping.duplicate', file, line: 1, column: 1, message }]
  })
}

function deadLinks(mappings: readonly CompiledMapping[]): MappingProblem[] {
  const written = new Set(mappings.map(({ destination, object }) => JSON.stringify([destination, object])))
  return mappings.flatMap(({ destination, links = [] }) =>
    links.flatMap(({ object, place }): MappingProblem[] => {
      if (written.has(JSON.stringify([destination, object]))) return []
      const message = `No mapping writes ${object} of ${destination}, so this link never finds a record.`
      return [{ code: 'mapping.unknown_name', ...place, message, severity: 'warning' }]
    }),
  )
}
