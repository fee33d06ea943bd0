import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { isMap, type YAMLMap } from 'yaml'
import { readActivities } from './file/activities.ts'
import { compileTyped, type FileScope, pathsSetBy } from './file/expressions.ts'
import { type CompiledField, readFields, readPolicies } from './file/fields.ts'
import { API_VERSION, FILE_KEYS, FROM, LIVE, MODES, ON_MULTIPLE, TARGET_KEYS } from './file/keys.ts'
import { type CompiledLink, readAssociations } from './file/links.ts'
import { readTables } from './file/tables.ts'
import { readTests, runTests } from './file/tests.ts'
import { type Entry, readYaml, YamlReader } from './file/yaml-file.ts'
import { newFindings } from './language/scope.ts'
import type { Env, Run } from './language/value.ts'
import { createReporter, isError, type Reporter, sortProblems } from './problems.ts'
import type { CompiledMapping, Desired, MappingProblem, Place } from './types.ts'
import type { MappingView } from './view.ts'
import { VIEW_SCHEMAS } from './view-schema.ts'

export interface MappingSource {
  /** Path as people know it: "mappings/salesforce/lead.yaml". */
  file: string
  text: string
}

export interface CompileResult {
  /** Absent where there is a problem. */
  mapping?: CompiledMapping
  problems: MappingProblem[]
  /** Likely slips that do not stop the mapping. */
  warnings: MappingProblem[]
}

/** Reads, checks and compiles one mapping file. Never throws; all problems are reported, not only the first. */
export function compileMapping({ file, text }: MappingSource): CompileResult {
  const reporter = createReporter(file, text)
  const root = readYaml(text, reporter)
  const mapping = root && compileRoot(root, { file, text }, reporter)
  const all = sortProblems(reporter.problems)
  const problems = all.filter(isError)
  const warnings = all.filter((problem) => !isError(problem))
  return mapping && problems.length === 0 ? { mapping, problems, warnings } : { problems, warnings }
}

function compileRoot(root: YAMLMap, source: MappingSource, reporter: Reporter): CompiledMapping | undefined {
  const yaml = new YamlReader(source.text, reporter)
  const keys = yaml.keys(root, FILE_KEYS, 'A mapping file')
  if (keys.apiVersion) yaml.choice(keys.apiVersion, [API_VERSION], 'apiVersion')
  const target = readTarget(keys.target, yaml)
  const from = keys.from && yaml.choice(keys.from, FROM, 'from')
  const found = newFindings()
  // A wrong `from:` is its own problem; the fields are still checked, against the view that most files use.
  const file: FileScope = {
    schema: VIEW_SCHEMAS[from ?? 'person'],
    tables: readTables(keys.tables, yaml),
    found,
    reporter,
  }

  const when = keys.when && readCondition(keys.when, file, yaml)
  const mode = keys.mode ? yaml.choice(keys.mode, MODES, 'mode') : 'upsert'
  const onMultiple = keys.on_multiple
    ? yaml.choice(keys.on_multiple, ON_MULTIPLE, 'on_multiple')
    : 'quarantine'
  const live = keys.live && yaml.choice(keys.live, LIVE, 'live')
  const match = readMatch(keys.match, file, yaml)
  const { fields, lookups, names } = readFields(keys.fields, readPolicies(keys.defaults, yaml), file, yaml)
  const associations = readAssociations(keys.associations, file, yaml)
  const activities = readActivities(keys.activities, from, file, yaml)
  const tests = readTests(keys.tests, { file, from: from ?? 'person', fieldNames: names, yaml })
  if (!target || !from || !mode || !onMultiple) return undefined

  const links = [...lookups, ...associations.map((link) => ({ ...link, field: undefined }))]
  const evaluate = evaluator({ when, fields, links, match })
  const mapping: CompiledMapping = {
    file: source.file,
    text: source.text,
    hash: bytesToHex(sha256(utf8ToBytes(source.text))).slice(0, 32),
    ...target,
    from,
    mode,
    onMultiple,
    ...(live ? { live } : {}),
    matchFields: [...new Set(match.map(({ field }) => field))],
    fields: [
      ...fields.map(({ clears: _, from: __, run: ___, onMiss: ____, ...field }) => field),
      ...lookups.map(({ field, place, object, by }) => ({
        name: field,
        // A reference follows the entity; the engine writes it whenever it changes.
        policy: 'always' as const,
        type: 'unknown' as const,
        place,
        reads: [by],
        lookup: object,
      })),
    ],
    links: links.map(({ field, object, onMiss, place }) => ({
      object,
      onMiss,
      place,
      ...(field === undefined ? {} : { field }),
    })),
    activities,
    windows: [...found.windows].sort((a, b) => a - b),
    reads: {
      account: found.roots.has('account'),
      billing: found.roots.has('billing'),
      touchpoints: found.roots.has('touchpoints'),
      paths: found.paths,
    },
    readsClock: found.clock,
    evaluate,
    runTests: (readFixture) =>
      runTests(tests, { evaluate, from, schema: file.schema, reporter }, readFixture),
  }
  return mapping
}

function readTarget(
  entry: Entry | undefined,
  yaml: YamlReader,
): { destination: string; object: string; place: Place } | undefined {
  const map = entry && yaml.map(entry, 'target')
  const keys = map && isMap(map) ? yaml.keys(map, TARGET_KEYS, 'target') : undefined
  const destination = keys?.connection && yaml.scalar(keys.connection, 'connection')
  const object = keys?.object && yaml.scalar(keys.object, 'object')
  if (!destination || !object) return undefined
  const place = yaml.reporter.place(object.offsetAt(0))
  return { destination: destination.text, object: object.text, place }
}

function readCondition(entry: Entry, file: FileScope, yaml: YamlReader): Run | undefined {
  const source = yaml.scalar(entry, 'when')
  const compiled = source && compileTyped(source, file, ['boolean'], 'when')
  if (source && compiled) file.sure = pathsSetBy(source.text)
  return compiled?.run
}

function readMatch(
  entry: Entry | undefined,
  file: FileScope,
  yaml: YamlReader,
): { field: string; run: Run }[] {
  const list = entry && yaml.list(entry, 'match')
  return (list ? yaml.maps(list, 'A match rule') : []).flatMap((map) => {
    const rules = yaml.entries(map)
    const [rule] = rules
    if (!rule || rules.length !== 1) {
      yaml.reporter.report(
        'mapping.syntax',
        yaml.offsetOf(map),
        'A match rule is one field: - Email: person.email | lower.',
      )
      return []
    }
    const source = yaml.scalar(rule, `The expression of ${rule.name}`)
    const compiled = source && compileTyped(source, file, ['text', 'number'], `The match on ${rule.name}`)
    return compiled ? [{ field: rule.name, run: compiled.run }] : []
  })
}

interface Parts {
  when: Run | undefined
  fields: readonly CompiledField[]
  links: readonly (CompiledLink & { field?: string | undefined })[]
  match: readonly { field: string; run: Run }[]
}

/** The closure that one record costs: no parsing, no lookups by name, no allocation for what is left out. */
function evaluator({ when, fields, links, match }: Parts): CompiledMapping['evaluate'] {
  return (view: MappingView): Desired | undefined => {
    let warned: string[] = []
    const env: Env = { root: asRoot(view), now: view.now, warn: (message) => warned.push(message) }
    if (when && when(env) !== true) return undefined
    const desired: Desired = { fields: {}, links: [], match: [], warnings: [] }
    warned = []
    for (const field of fields) {
      const value = field.run(env)
      if (warned.length > 0) {
        for (const message of warned) desired.warnings.push({ field: field.name, message, from: field.from })
        warned = []
      }
      if (value === undefined || (value === null && !field.clears)) continue
      desired.fields[field.name] = {
        value,
        policy: field.policy,
        from: field.from,
        ...(field.holdMs === undefined ? {} : { holdMs: field.holdMs }),
        ...(field.onMiss && value !== null ? { user: field.onMiss } : {}),
      }
    }
    for (const { field, object, onMiss, run } of links) {
      const entity = run(env)
      if (entity !== undefined)
        desired.links.push({ object, entity, onMiss, ...(field === undefined ? {} : { field }) })
    }
    for (const { field, run } of match) {
      const value = run(env)
      if (value !== undefined && value !== null && value !== '')
        desired.match.push({ field, value: String(value) })
    }
    return desired
  }
}

/** A view is read by name here; its keys are the ones that VIEW_SCHEMAS lists. */
const asRoot = (view: MappingView): Record<string, unknown> => view as unknown as Record<string, unknown>
