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
  WRITE,
} from './file/keys.ts'

type Schema = Record<string, unknown>

const text: Schema = { type: 'string' }
const oneOf = (values: readonly string[]): Schema => ({ enum: values })
const listOf = (items: Schema): Schema => ({ type: 'array', items })
const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values })
/** A bare 5 or true is an expression too. */
const expression: Schema = {
  type: ['string', 'number', 'boolean'],
  description: 'Expression, e.g. person.email | lower',
}

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
    oneOf: [
      expression,
      object(FIELD_KEYS, { from: expression, ...policies }),
      object(LOOKUP_KEYS, { lookup: text, by: text, on_miss: oneOf(ON_MISS) }),
    ],
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tributary mapping',
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
      tables: mapOf(mapOf({ type: ['string', 'number', 'boolean'] })),
      fields: mapOf(field),
      associations: listOf(object(ASSOCIATION_KEYS, { to: text, by: text, on_miss: oneOf(ON_MISS) })),
      activities: listOf(
        object(ACTIVITY_KEYS, {
          kind: { oneOf: [text, listOf(text)] },
          as: text,
          policy: oneOf(POLICIES),
          subject: text,
          body: text,
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
