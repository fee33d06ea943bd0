import { isMap } from 'yaml'
import type { Env } from '../language/value.ts'
import type { Place } from '../types.ts'
import { compileText, type FileScope } from './expressions.ts'
import { ASSOCIATION_KEYS, ON_MISS } from './keys.ts'
import type { Entry, YamlReader } from './yaml-file.ts'

/** A reference to another record by our entity id. */
export interface CompiledLink {
  object: string
  onMiss: 'skip' | 'hold'
  place: Place
  /** Path of the entity's id, such as `account.id`. */
  by: string
  run(env: Env): string | undefined
}

export const ENTITY_IDS = [
  'person.id',
  'account.id',
  'account.parent.id',
  'account.ultimate_parent.id',
  'quote.id',
]

export function compileLink(
  object: Entry | undefined,
  by: Entry | undefined,
  onMiss: Entry | undefined,
  owner: { at: number },
  file: FileScope,
  yaml: YamlReader,
): CompiledLink | undefined {
  const name = object && yaml.scalar(object, 'The object of a link')
  const source = by && yaml.scalar(by, 'by')
  const miss = onMiss && yaml.choice(onMiss, ON_MISS, 'on_miss')
  if (!source || !name) return undefined
  if (!ENTITY_IDS.includes(source.text.trim())) {
    yaml.reporter.report(
      'mapping.type',
      source.offsetAt(0),
      `by must be the id of an entity: ${ENTITY_IDS.join(', ')}.`,
    )
    return undefined
  }
  const compiled = compileText(source, file)
  if (!compiled) return undefined
  const run = (env: Env) => {
    const value = compiled.run(env)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return {
    object: name.text,
    onMiss: miss ?? 'skip',
    place: yaml.reporter.place(owner.at),
    by: source.text.trim(),
    run,
  }
}

export function readAssociations(
  entry: Entry | undefined,
  file: FileScope,
  yaml: YamlReader,
): CompiledLink[] {
  const list = entry && yaml.list(entry, 'associations')
  return (list ? yaml.maps(list, 'An association') : []).flatMap((map) => {
    if (!isMap(map)) return []
    const keys = yaml.keys(map, ASSOCIATION_KEYS, 'An association')
    return compileLink(keys.to, keys.by, keys.on_miss, { at: yaml.offsetOf(map) }, file, yaml) ?? []
  })
}
