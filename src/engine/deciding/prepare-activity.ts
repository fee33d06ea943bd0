import { type ObjectSpec, RecordError, reportOf } from '#kit'
import type { Operation, ProjectionRow } from '../ports.ts'
import type { ActivityPayload } from '../projecting/timeline.ts'
import type { ResolvedLink } from './links.ts'
import { locksOf } from './locks.ts'
import type { Prepared } from './prepared.ts'

/** A timeline entry goes as it is: there are no values of anybody's to protect. */
export function prepareActivity(
  spec: ObjectSpec,
  operation: Operation,
  links: ResolvedLink[],
  projection: ProjectionRow | undefined,
  prepared: Prepared,
): void {
  const payload = operation.activity as unknown as ActivityPayload
  const on = links.find(
    (link) => link.entity === payload.on.entity && (link.was ?? link.object) === payload.on.object,
  )
  if (!on || !spec.activity) {
    const error = reportOf(new RecordError('record.invalid', `${operation.object} cannot hold activities`))
    prepared.results.push({ id: operation.id, outcome: 'dead', fields: {}, error })
    return
  }
  const { fields, links: associations } = spec.activity({
    ...payload,
    externalId: operation.externalId,
    on: { object: on.object, crmId: on.crmId },
  })
  const locks = locksOf(spec, fields, { isNew: true, live: undefined })
  prepared.ready.push({
    operation,
    written: {},
    ...(locks ? { locks } : {}),
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, after]) => [
        name,
        { after, policy: 'always', from: operation.fields.subject!.from },
      ]),
    ),
    write: {
      id: operation.id,
      externalId: operation.externalId,
      fields,
      ...(projection?.crmId ? { crmId: projection.crmId } : {}),
      ...(associations ? { links: associations } : {}),
    },
  })
}
