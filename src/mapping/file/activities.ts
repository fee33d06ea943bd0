import { isMap, isScalar, isSeq } from 'yaml'
import { didYouMeanOneOf } from '#kit'
import { kindsNear } from '../functions/touch-filters.ts'
import { newFindings } from '../language/scope.ts'
import type { Env } from '../language/value.ts'
import type { ActivityInput, ActivityRule, CompiledMapping } from '../types.ts'
import { ACTIVITY_SCHEMA } from '../view-schema.ts'
import type { FileScope } from './expressions.ts'
import { ACTIVITY_KEYS, POLICIES } from './keys.ts'
import { compileTemplate } from './template.ts'
import type { Entry, YamlReader } from './yaml-file.ts'

/** A pattern, because the JSON Schema says the same. */
export const KIND = '^[a-z_]+\\.[a-z_]+$'

export function readActivities(
  entry: Entry | undefined,
  from: CompiledMapping['from'] | undefined,
  file: FileScope,
  yaml: YamlReader,
): ActivityRule[] {
  if (entry && from === 'quote') {
    yaml.reporter.report(
      'mapping.type',
      entry.at,
      'Activities belong to people and accounts; put them into a mapping from: person.',
    )
  }
  const list = entry && yaml.list(entry, 'activities')
  const scope: FileScope = { ...file, schema: ACTIVITY_SCHEMA, found: newFindings() }
  const rules: ActivityRule[] = []
  for (const map of list ? yaml.maps(list, 'An activity') : []) {
    if (!isMap(map)) continue
    const keys = yaml.keys(map, ACTIVITY_KEYS, 'An activity')
    const kinds = keys.kind ? readKinds(keys.kind, yaml) : []
    const as = keys.as && yaml.scalar(keys.as, 'as')
    const policy = keys.policy ? yaml.choice(keys.policy, POLICIES, 'policy') : 'log_each'
    const subject = readTemplate(keys.subject, 'subject', scope, yaml)
    const body = readTemplate(keys.body, 'body', scope, yaml)
    if (policy && policy !== 'counter_only' && !keys.subject) {
      yaml.reporter.report(
        'mapping.syntax',
        yaml.offsetOf(map),
        `An activity with policy ${policy} lacks the key subject.`,
      )
    }
    if (!as || !policy) continue
    const place = yaml.reporter.place(yaml.offsetOf(map))
    for (const { kind, at } of kinds) {
      const twin = rules.find((rule) => rule.kind === kind && rule.as === as.text)
      if (twin)
        yaml.reporter.report(
          'mapping.duplicate',
          at,
          `${kind} already has a rule for ${as.text} at ${twin.from}.`,
        )
      else
        rules.push({ kind, as: as.text, policy, from: `${place.file}:${place.line}`, place, subject, body })
    }
  }
  return rules
}

function readKinds(entry: Entry, yaml: YamlReader): { kind: string; at: number }[] {
  const nodes = isSeq(entry.value) ? entry.value.items : [entry.value]
  return nodes.flatMap((node) => {
    if (!isScalar(node) || typeof node.value !== 'string') {
      yaml.reporter.report(
        'mapping.type',
        yaml.offsetOf(node) || entry.at,
        'kind must be a touchpoint kind such as email.clicked.',
      )
      return []
    }
    const at = yaml.offsetOf(node)
    if (!new RegExp(KIND).test(node.value)) {
      yaml.reporter.report(
        'mapping.type',
        at,
        `${node.value} is not a touchpoint kind; kinds are noun.verb, such as email.clicked.`,
      )
      return []
    }
    const near = kindsNear(node.value)
    if (near.length > 0)
      yaml.reporter.report(
        'mapping.unknown_name',
        at,
        `No shipped connector emits ${node.value}.${didYouMeanOneOf(near)}`,
        'warning',
      )
    return [{ kind: node.value, at }]
  })
}

function readTemplate(
  entry: Entry | undefined,
  what: string,
  scope: FileScope,
  yaml: YamlReader,
): ActivityRule['subject'] {
  const scalar = entry && yaml.scalar(entry, what)
  const template = scalar && compileTemplate(scalar, scope)
  return template ? (touch) => template(envOf(touch)) : () => ''
}

function envOf(touch: ActivityInput): Env {
  const { occurredAt, ...rest } = touch
  return { root: { ...rest, occurred_at: occurredAt }, now: occurredAt, warn() {} }
}
