import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { isMap, type YAMLMap } from 'yaml'
import { dayOf, startOfDay } from '#model'
import { type Classes, type Classifier, DIMENSIONS, type Dimension, type Verdict } from './classifier.ts'
import type { MappingSource } from './compile-mapping.ts'
import { compileTyped, type FileScope } from './file/expressions.ts'
import { API_VERSION, CLASSIFY_KEYS } from './file/keys.ts'
import { readTests, runTests } from './file/tests.ts'
import { type Entry, readYaml, YamlReader } from './file/yaml-file.ts'
import { addFindings, type Findings, newFindings } from './language/scope.ts'
import type { Env, Run } from './language/value.ts'
import { createReporter, isError, type Reporter, sortProblems } from './problems.ts'
import type { Group } from './schema-node.ts'
import type { Desired, MappingProblem } from './types.ts'
import type { AccountView, MappingView } from './view.ts'
import { VIEW_SCHEMAS } from './view-schema.ts'

export interface ClassifierResult {
  /** Absent where there is a problem. */
  classifier?: Classifier
  problems: MappingProblem[]
  warnings: MappingProblem[]
}

interface Rule {
  value: string
  run: Run
  /** `file:line: rule` */
  because: string
}

type Rules = Partial<Record<Dimension, Rule[]>>

/** Days that are tried in advance; an account of which none decides otherwise is looked at again after so many. */
const HORIZON_DAYS = 7

/** The file that holds the rules, wherever it stands in the folder. */
export const isClassifierFile = (file: string): boolean => /(?:^|[/\\])classify\.ya?ml$/.test(file)

/** Reads, checks and compiles the rules by which accounts are classified. Never throws; all problems are reported. */
export function compileClassifier({ file, text }: MappingSource): ClassifierResult {
  const reporter = createReporter(file, text)
  const root = readYaml(text, reporter)
  const classifier = root && compileRoot(root, { file, text }, reporter)
  const all = sortProblems(reporter.problems)
  const problems = all.filter(isError)
  const warnings = all.filter((problem) => !isError(problem))
  return classifier && problems.length === 0 ? { classifier, problems, warnings } : { problems, warnings }
}

function compileRoot(root: YAMLMap, source: MappingSource, reporter: Reporter): Classifier {
  const yaml = new YamlReader(source.text, reporter)
  const keys = yaml.keys(root, CLASSIFY_KEYS, 'A file of classification rules')
  if (keys.apiVersion) yaml.choice(keys.apiVersion, [API_VERSION], 'apiVersion')
  const rules: Rules = {}
  const found = newFindings()
  for (const [index, dimension] of DIMENSIONS.entries()) {
    const entry = keys[dimension]
    if (entry) rules[dimension] = readRules(entry, schemaBefore(index), source.file, yaml, found)
  }
  const tests = readTests(keys.tests, {
    file: { schema: VIEW_SCHEMAS.account, tables: new Map(), found: newFindings(), reporter },
    from: 'account',
    fieldNames: DIMENSIONS,
    yaml,
  })
  const isTimed = found.clock || found.windows.size > 0
  const classify = (view: MappingView): Verdict => verdictOf(judgeOf(rules, view)(dayOf(view.now)))
  return {
    file: source.file,
    text: source.text,
    hash: bytesToHex(sha256(utf8ToBytes(source.text))).slice(0, 32),
    windows: [...found.windows].sort((a, b) => a - b),
    reads: { touchpoints: found.roots.has('touchpoints') },
    classify,
    reviewDay: (view, classes) => (isTimed ? reviewDay(rules, view, classes) : undefined),
    runTests: (readFixture) =>
      runTests(
        tests,
        {
          evaluate: (view) => asDesired(classify(view)),
          from: 'account',
          schema: VIEW_SCHEMAS.account,
          reporter,
        },
        readFixture,
      ),
  }
}

/** What the rules of a dimension can read: all of an account but what is not decided yet. */
function schemaBefore(index: number): Group {
  const { account, ...rest } = VIEW_SCHEMAS.account.keys
  const keys = { ...(account as Group).keys }
  for (const later of DIMENSIONS.slice(index)) delete keys[later]
  return { ...VIEW_SCHEMAS.account, keys: { ...rest, account: { ...(account as Group), keys } } }
}

const VALUE = /^[a-z][a-z0-9_]*$/

function readRules(entry: Entry, schema: Group, fileName: string, yaml: YamlReader, found: Findings): Rule[] {
  const { reporter } = yaml
  const list = yaml.list(entry, entry.name)
  const file: FileScope = { schema, tables: new Map(), found: newFindings(), reporter }
  const rules: Rule[] = []
  let closedBy: string | undefined
  for (const map of list ? yaml.maps(list, `A rule of ${entry.name}`) : []) {
    const [rule, ...more] = yaml.entries(map)
    if (!isMap(map) || !rule || more.length > 0) {
      reporter.report(
        'mapping.syntax',
        yaml.offsetOf(map),
        `A rule of ${entry.name} is one value and its condition: - customer: account.stage == "customer".`,
      )
      continue
    }
    if (!VALUE.test(rule.name))
      reporter.report(
        'mapping.syntax',
        rule.at,
        `${rule.name} is no value: small letters, digits and _ only, a letter first.`,
      )
    if (closedBy)
      reporter.report(
        'mapping.type',
        rule.at,
        `${rule.name} is never reached: ${closedBy} before it always holds.`,
        'warning',
      )
    const source = yaml.scalar(rule, `The condition of ${rule.name}`)
    const compiled = source && compileTyped(source, file, ['boolean'], `The condition of ${rule.name}`)
    if (!source || !compiled) continue
    if (source.text.trim() === 'true') closedBy ??= rule.name
    const { line } = reporter.place(rule.at)
    rules.push({
      value: rule.name,
      run: compiled.run,
      because: `${fileName}:${line}: ${source.text.replace(/\s+/g, ' ').trim()}`,
    })
  }
  addFindings(found, file.found)
  return rules
}

/** Decides about one account; asked for several days, it copies the view once. */
function judgeOf(rules: Rules, view: MappingView): (day: number) => Map<Dimension, Rule> {
  const account: AccountView = { ...(view.account as AccountView) }
  const root = { ...view, account }
  const env: Env = { root, now: 0, warn: () => {} }
  return (day) => {
    env.now = startOfDay(day)
    root.now = env.now
    for (const dimension of DIMENSIONS) delete account[dimension]
    const decided = new Map<Dimension, Rule>()
    for (const dimension of DIMENSIONS) {
      const rule = rules[dimension]?.find(({ run }) => run(env) === true)
      if (!rule) continue
      account[dimension] = rule.value
      decided.set(dimension, rule)
    }
    return decided
  }
}

function verdictOf(decided: Map<Dimension, Rule>): Verdict {
  const verdict: Verdict = { classes: {}, because: {} }
  for (const [dimension, { value, because }] of decided) {
    verdict.classes[dimension] = value
    verdict.because[dimension] = because
  }
  return verdict
}

function reviewDay(rules: Rules, view: MappingView, classes: Classes): number {
  const today = dayOf(view.now)
  const judge = judgeOf(rules, view)
  for (let day = today + 1; day < today + HORIZON_DAYS; day++) {
    const then = judge(day)
    if (DIMENSIONS.some((dimension) => then.get(dimension)?.value !== classes[dimension])) return day
  }
  return today + HORIZON_DAYS
}

const asDesired = ({ classes, because }: Verdict): Desired => ({
  fields: Object.fromEntries(
    Object.entries(classes).map(([name, value]) => [
      name,
      { value, policy: 'always' as const, from: because[name as Dimension]! },
    ]),
  ),
  links: [],
  match: [],
  warnings: [],
})
