import { overlay } from './dialect.ts'

/**
 * The newer operation of a record holds only what differs from one that was under way, because that counted as written.
 * Where it turns out not to have been, the newer one takes over what it lacks: values, references, and the rules by which
 * records of others are found. It would make a record without its e-mail address otherwise, or one that exists already.
 *
 * @param from what did not arrive: FROM and WHERE over operations `o`
 */
export const inherit = (from: string): string => `
  UPDATE operations SET
    fields = ${overlay('lost.fields', 'operations.fields')},
    links = (SELECT json_group_array(json(value)) FROM (
      SELECT value FROM json_each(operations.links)
      UNION ALL SELECT l.value FROM json_each(lost.links) AS l
      WHERE NOT EXISTS (SELECT 1 FROM json_each(operations.links) AS w WHERE ${keyOf('w')} = ${keyOf('l')}))),
    match_keys = CASE WHEN operations.match_keys = '[]' THEN lost.match_keys ELSE operations.match_keys END
  FROM (SELECT o.destination, o.object, o.external_id, o.fields, o.links, o.match_keys FROM ${from}
    AND o.state = 'sending' AND o.kind = 'upsert') AS lost
  WHERE operations.state = 'pending' AND operations.kind = 'upsert' AND operations.destination = lost.destination
    AND operations.object = lost.object AND operations.external_id = lost.external_id`

/** As the engine names references and associations: by their field, or by the object that they lead to. */
const keyOf = (table: string): string =>
  `coalesce(${table}.value ->> 'field', '→' || (${table}.value ->> 'object'))`
