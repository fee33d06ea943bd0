import { isoDate } from '#model'
import { type Explanation, explain, type FieldExplanation } from '../engine/why.ts'
import type { ClaimInput, Input, Origin } from '../engine/why-inputs.ts'
import { redactorFor } from '../hub.ts'
import type { CommandInput } from './command.ts'
import { openContext } from './context.ts'
import { EXIT } from './output.ts'

/** `why <destination> <object> <id> [field]`: from a CRM value back to the raw records it came from. */
export async function why({ environment, output, args }: CommandInput): Promise<number> {
  const [destination = '', object = '', id = '', field] = args
  const context = await openContext(environment)
  try {
    const explanation = await explain(context.engine.deps, {
      destination,
      object,
      id,
      ...(field === undefined ? {} : { field }),
    })
    const redact = redactorFor(context.config)
    output.json(JSON.parse(redact(JSON.stringify(explanation))))
    for (const line of linesOf(explanation)) output.line(redact(line))
    return EXIT.done
  } finally {
    await context.close()
  }
}

const at = (instant: number): string => new Date(instant).toISOString()
const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

function linesOf({ destination, object, crmId, externalId, entity, fields }: Explanation): string[] {
  const head = `${destination} ${object} ${crmId ?? '(not in the CRM yet)'}, external id ${externalId}`
  return [entity === externalId ? head : `${head}, of ${entity}`, ...fields.flatMap(linesOfField)]
}

function linesOfField(f: FieldExplanation): string[] {
  const { written, operation, mapping, desired, live } = f
  const isSame = desired !== undefined && text(desired.value) === text(written?.value)
  return [
    '',
    `${f.field} = ${written && 'value' in written ? text(written.value) : '(never written)'}`,
    ...(written && 'maybe' in written
      ? [`  in doubt: ${text(written.maybe)} was sent and no answer came`]
      : []),
    ...(written?.withheld
      ? [
          `  ${text(written.withheld.value)} is not written while it is the desired value: ${written.withheld.because === 'undone' ? 'it was taken back' : 'the CRM accepted it and did not keep it'}`,
        ]
      : []),
    ...(live && text(live.value) !== text(written?.value)
      ? [`  the CRM held ${text(live.value)} at ${at(live.seenAt)}`]
      : []),
    ...(desired && !isSame ? [`  the mapping gives ${text(desired.value)} today (${desired.policy})`] : []),
    ...(desired || f.origin ? [] : ['  the mapping leaves it out today']),
    ...(operation ? operationLines(f) : []),
    ...(mapping ? mappingLines(mapping) : []),
    ...f.inputs.flatMap((input) => inputLines(input)),
    ...(f.origin ? [`  from ${originText(f.origin)}`] : []),
  ]
}

function operationLines({ field, operation, run, deliveries }: FieldExplanation): string[] {
  const own = operation!.fields[field]
  const change = own
    ? `: ${'before' in own ? `${text(own.before)} → ` : ''}${text(own.after)} (${own.policy})`
    : ''
  const last = deliveries.at(-1)
  return [
    `  ← operation ${operation!.id}, ${operation!.state}${operation!.finishedAt ? `, ${at(operation!.finishedAt)}` : ''}${change}`,
    ...(run ? [`    run ${run.id} (${run.kind}, ${run.scope})`] : []),
    ...(last
      ? [`    attempt ${last.attempt}: ${last.status}${last.requestId ? `, request ${last.requestId}` : ''}`]
      : []),
  ]
}

function mappingLines({
  file,
  line,
  hash,
  isCurrent,
  text: source,
}: NonNullable<FieldExplanation['mapping']>) {
  const version = hash ? `, version ${hash.slice(0, 12)}${isCurrent ? '' : ' (changed since)'}` : ''
  return [`  ← ${file}:${line}${version}`, ...source.split('\n').map((each) => `      ${each.trim()}`)]
}

function inputLines(input: Input): string[] {
  switch (input.kind) {
    case 'claims':
      return [`  ← ${input.path} of ${input.entity}`, ...input.claims.flatMap(claimLines)]
    case 'documents':
      return [
        `  ← ${input.path} of ${input.entity}, from ${input.documents.length}${input.isCut ? ' or more' : ''} documents`,
        ...input.documents.flatMap(({ id, document, origin }) => [
          `      ${document.type} ${document.key}, ${document.status} (${id})`,
          `        ${originText(origin)}`,
        ]),
      ]
    case 'touchpoints':
      return [
        `  ← ${input.path} of ${input.entity}, ${input.count} counted`,
        ...input.buckets.map(
          ({ day, kind, channel, count }) =>
            `      ${isoDate(day * 86_400_000)}  ${kind}, ${channel}: ${count}`,
        ),
        ...(input.isCut ? ['      …'] : []),
      ]
    case 'touch':
      return [
        `  ← ${input.path} of ${input.entity}${input.touchpoint ? `, touchpoint ${input.touchpoint}` : ''}`,
        ...(input.origin ? [`      ${originText(input.origin)}`] : []),
      ]
    default:
      return [
        `  ← ${input.path}${input.value === null && !input.because ? ': nobody tells' : ` = ${text(input.value)}`}`,
        ...(input.because ? [`      ${input.because}`] : []),
      ]
  }
}

function claimLines(claim: ClaimInput): string[] {
  const { identity, enrichment } = claim
  const outcome = claim.lostBy ? `lost by ${claim.lostBy.replace('_', ' ')}` : 'won'
  const sure = claim.confidence === undefined ? '' : `, confidence ${claim.confidence}`
  const lines = [
    `    ${claim.lostBy ? ' ' : '*'} ${text(claim.value)}  ${claim.method}${sure}, ${at(claim.observedAt)}, ${outcome}`,
    `        ${originText(claim)}`,
  ]
  if (claim.lostBy) return lines
  const by = identity.identifiers.map(({ kind, value }) => `${kind} ${value}`).join(', ')
  if (by) lines.push(`        counts for ${identity.root} by ${by}`)
  for (const { a, b, by: rule, at: when } of identity.judgements)
    lines.push(`        ${a} is ${b} by ${rule}, ${at(when)}`)
  if (enrichment)
    lines.push(
      `        asked of ${enrichment.provider} at ${at(enrichment.at)}: ${enrichment.status}, cost ${enrichment.cost}`,
    )
  return lines
}

const originText = ({ connection, stream, key, receipt, run, storedAt }: Origin): string =>
  `record ${connection}/${stream}/${key}` +
  (storedAt === undefined ? ' (no longer stored)' : `, stored ${at(storedAt)}`) +
  (run ? `, run ${run}` : '') +
  (receipt ? `, receipt ${receipt}` : '')
