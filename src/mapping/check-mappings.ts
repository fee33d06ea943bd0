import { compileMapping, type MappingSource } from './compile-mapping.ts'
import { sortProblems } from './problems.ts'
import type { CompiledMapping, MappingProblem } from './types.ts'

export interface CheckResult {
  mappings: CompiledMapping[]
  problems: MappingProblem[]
  /** Likely slips that stop nothing. */
  warnings: MappingProblem[]
}

/**
 * Compiles all files and checks them against each other: two files for one object, links to objects that no file
 * writes. `mappings` are those without errors of their own.
 */
export function checkMappings(sources: readonly MappingSource[]): CheckResult {
  const compiled = sources.map(compileMapping)
  const mappings = compiled.flatMap(({ mapping }) => mapping ?? [])
  const problems = compiled.flatMap((result) => result.problems)
  const warnings = compiled.flatMap((result) => result.warnings)
  return {
    mappings,
    problems: sortProblems([...problems, ...rivals(mappings)]),
    warnings: sortProblems([...warnings, ...deadLinks(mappings)]),
  }
}

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
