import { ConfigError } from '#kit'
import type { ErrorGroup, SetAsideStage } from '../engine/ports.ts'
import { type DeadLetterDetail, inspectDeadLetter } from '../engine/sending/dead-letters.ts'
import { redactorFor } from '../hub.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext } from './context.ts'
import { EXIT, type Output } from './output.ts'

const STAGES: readonly string[] = ['receipt', 'record', 'operation'] satisfies SetAsideStage[]

interface Options {
  stage?: SetAsideStage
  code?: string
  limit: string
}

/** `dead`, `dead list`: what was set aside, by reason. `dead show <id>`: one item with request and response. */
export async function dead({ environment, output, args, options }: CommandInput<Options>): Promise<number> {
  const [action = 'list', id] = args
  if (action !== 'list' && action !== 'show')
    throw new ConfigError('cli.usage', `dead takes list or show <id>, not ${action}`)
  if (action === 'show' && id === undefined)
    throw new ConfigError('cli.usage', 'dead show takes the id of an operation, a receipt or a record')
  if (options.stage !== undefined && !STAGES.includes(options.stage))
    throw new ConfigError('cli.usage', `--stage is one of ${STAGES.join(', ')}, not ${options.stage}`)
  // Needs no mapping, so that it also works while those are broken.
  const context = await openContext(environment, { mappings: [] })
  try {
    if (action === 'show') await show(context, id!, output)
    else await list(context, options, output)
    return EXIT.done
  } finally {
    await context.close()
  }
}

async function list({ store }: Context, { stage, code, limit }: Options, output: Output): Promise<void> {
  const filter = { ...(stage ? { stage } : {}), ...(code ? { code } : {}) }
  const groups = await store.repair.errorGroups(filter)
  const items = await store.repair.setAside({ ...filter, limit: Math.max(1, Number(limit) || 50) })
  output.json({ groups, items })
  if (groups.length === 0) output.line('Nothing was set aside.')
  for (const group of groups) output.line(describeGroup(group))
  if (items.length > 0) output.line('\nthe oldest of them; tributary dead show <id> says more')
  for (const { stage: of, id } of items) output.line(`  ${of.padEnd(9)} ${id}`)
}

export const describeGroup = ({
  state,
  stage,
  connection,
  subject,
  code,
  count,
  error,
  firstAt,
  lastAt,
}: ErrorGroup): string =>
  [
    `${count} ${state} ${stage}${count === 1 ? '' : 's'} ${connection}${subject ? ` ${subject}` : ''}: ${code}`,
    ...(error.message ? [`  ${error.message}`] : []),
    `  from ${new Date(firstAt).toISOString()} to ${new Date(lastAt).toISOString()}`,
    ...(error.fix ? [`  fix: ${error.fix}`] : []),
  ].join('\n')

async function show({ engine, config }: Context, id: string, output: Output): Promise<void> {
  const detail = await inspectDeadLetter(engine.deps, id)
  const redact = redactorFor(config)
  output.json(JSON.parse(redact(JSON.stringify(detail))))
  for (const line of linesOf(detail)) output.line(redact(line))
}

function linesOf(detail: DeadLetterDetail): string[] {
  const { error } = detail
  const reason = error ? [`error: ${error.message}`, `  code: ${error.code}`, `  fix:  ${error.fix}`] : []
  if (detail.stage === 'receipt') {
    const { connection, state, receivedAt, headers, body } = detail.receipt
    return [
      `receipt ${detail.id}, ${connection}, ${state}, ${new Date(receivedAt).toISOString()}`,
      ...reason,
      ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
      body,
    ]
  }
  if (detail.stage === 'record') {
    const { state, version, body, run, receipt } = detail.record
    return [
      `record ${detail.id}, ${state}, version ${new Date(version).toISOString()}`,
      ...(run ? [`  from run ${run}`] : []),
      ...(receipt ? [`  from receipt ${receipt}`] : []),
      ...reason,
      body,
    ]
  }
  const { operation, deliveries } = detail
  const { destination, object, externalId, entity, state, fields } = operation
  return [
    `operation ${detail.id}, ${destination} ${object} ${externalId} (${entity}), ${state}`,
    ...reason,
    ...Object.entries(fields).map(
      ([name, { before, after, policy, from }]) =>
        `  ${name}: ${before === undefined ? '' : `${JSON.stringify(before)} → `}${JSON.stringify(after)}  (${policy}, ${from})`,
    ),
    ...deliveries.flatMap(({ attempt, status, at, request, excerpt, requestId }) => [
      `attempt ${attempt}, ${new Date(at).toISOString()}: ${status}${requestId ? ` (${requestId})` : ''}`,
      ...(request ? [`  sent:     ${request}`] : []),
      ...(excerpt ? [`  answered: ${excerpt}`] : []),
    ]),
  ]
}
