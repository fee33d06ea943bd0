import { coverageChecks } from './checks/coverage.ts'
import { credentialChecks } from './checks/credentials.ts'
import { definitionChecks } from './checks/definition.ts'
import { destinationChecks } from './checks/destination.ts'
import { enricherChecks } from './checks/enricher.ts'
import { pullChecks } from './checks/pull.ts'
import { recordChecks } from './checks/records.ts'
import { webhookChecks } from './checks/webhook.ts'
import type { Check, Subject } from './subject.ts'

/** Everything that is checked of a connector: decided by what it defines, never by its name. */
export function checksOf(subject: Subject): Check[] {
  const streams = Object.keys(subject.connector.streams ?? {})
  return [
    ...definitionChecks(subject),
    ...credentialChecks(subject),
    ...streams.flatMap((name) => [...recordChecks(subject, name), ...pullChecks(subject, name)]),
    ...webhookChecks(subject),
    ...enricherChecks(subject),
    ...destinationChecks(subject),
    ...coverageChecks(subject),
  ]
}
