import { TOUCHPOINT_KINDS } from '#model'
import { KIND } from './file/activities.ts'
import { API_NAME } from './file/fields.ts'
import {
  ACTIVITY_KEYS,
  API_VERSION,
  ASSOCIATION_KEYS,
  DEFAULT_KEYS,
  FIELD_KEYS,
  FILE_KEYS,
  FROM,
  type Key,
  LIVE,
  LOOKUP_KEYS,
  MODES,
  ON_MISS,
  ON_MULTIPLE,
  ON_NULL,
  ON_UNMAPPED,
  POLICIES,
  TARGET_KEYS,
  TEST_KEYS,
  USER_KEYS,
  WRITE,
} from './file/keys.ts'
import { ENTITY_IDS } from './file/links.ts'
import { FUNCTIONS } from './functions/index.ts'
import { FUNCTION_GROUPS, usageOf } from './language/function-spec.ts'
import { pathsOf } from './schema-node.ts'
import { ACTIVITY_SCHEMA } from './view-schema.ts'

type Schema = Record<string, unknown>

const text: Schema = { type: 'string' }
const oneOf = (values: readonly string[]): Schema => ({ enum: values })
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values })
/** Names of fields and objects, as CRMs write them in their APIs. */
const apiNames = (values: Schema): Schema => ({
  type: 'object',
  minProperties: 1,
  patternProperties: { [API_NAME]: values },
  additionalProperties: false,
})

const functionList = FUNCTION_GROUPS.map((group) => {
  const names = FUNCTIONS.filter((spec) => spec.group === group).map(usageOf)
  return `${group}: ${names.join(', ')}`
}).join('\n')

/** A bare 5, true or null is an expression too. */
const expression: Schema = { $ref: '#/$defs/expression' }
const definitions = {
  expression: {
    type: ['string', 'number', 'boolean', 'null'],
    description: `Expression, e.g. person.email | lower\n\nFunctions\n${functionList}`,
    examples: ['person.email | lower', 'person.last_name ?? "Unknown"', 'billing.mrr | money_major'],
  },
  kind: {
    description: 'Touchpoint kind, noun.verb',
    anyOf: [{ enum: TOUCHPOINT_KINDS }, { type: 'string', pattern: KIND }],
  },
  template: {
    type: 'string',
    description: `Text with {expressions} over one touchpoint: ${pathsOf(ACTIVITY_SCHEMA)
      .map(({ path }) => `{${path}}`)
      .join(', ')}, {props.anything}`,
  },
}
const kind: Schema = { $ref: '#/$defs/kind' }
const template: Schema = { $ref: '#/$defs/template' }
const entityId: Schema = oneOf(ENTITY_IDS)

function object<K extends string>(keys: Record<K, Key>, properties: Record<K, Schema>): Schema {
  const names = Object.keys(keys) as K[]
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      names.map((name) => [name, { description: keys[name].doc, ...properties[name] }]),
    ),
    required: names.filter((name) => keys[name].required),
  }
}

const policies = {
  write: oneOf(WRITE),
  on_null: oneOf(ON_NULL),
  on_unmapped: oneOf(ON_UNMAPPED),
  edits_hold: { type: 'string', pattern: '^(forever|[1-9][0-9]*[hd])$' },
}

/** JSON Schema (2020-12) of a mapping file, for completion and checks in editors. */
export function jsonSchema(): Schema {
  const field = {
    anyOf: [
      expression,
      object(FIELD_KEYS, { from: expression, ...policies }),
      object(USER_KEYS, { user: expression, on_miss: oneOf(ON_MISS), ...policies }),
      object(LOOKUP_KEYS, { lookup: text, by: entityId, on_miss: oneOf(ON_MISS) }),
    ],
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tributary mapping',
    $defs: definitions,
    ...object(FILE_KEYS, {
      apiVersion: { const: API_VERSION },
      target: object(TARGET_KEYS, { connection: text, object: text }),
      from: oneOf(FROM),
      when: expression,
      mode: oneOf(MODES),
      live: oneOf(LIVE),
      match: listOf({ ...mapOf(expression), minProperties: 1, maxProperties: 1 }),
      on_multiple: oneOf(ON_MULTIPLE),
      defaults: object(DEFAULT_KEYS, policies),
      tables: mapOf({ ...mapOf({ type: ['string', 'number', 'boolean'] }), minProperties: 1 }),
      fields: apiNames(field),
      associations: listOf(object(ASSOCIATION_KEYS, { to: text, by: entityId, on_miss: oneOf(ON_MISS) })),
      activities: listOf(
        object(ACTIVITY_KEYS, {
          kind: { anyOf: [kind, listOf(kind)] },
          as: text,
          policy: oneOf(POLICIES),
          subject: template,
          body: template,
        }),
      ),
      tests: listOf(
        object(TEST_KEYS, {
          name: text,
          given: { type: ['string', 'object'] },
          expect: { type: ['object', 'null'] },
          absent: listOf(text),
          links: mapOf(text),
          when: { const: false },
        }),
      ),
    }),
  }
}
