import { ConfigError, nearestOrAll } from '#kit'
import { judgePair, pairId, readPair, unmerge } from '../engine/matching/judge.ts'
import { refreshMatching } from '../engine/matching/match-changes.ts'
import { type ReviewedPair, reviewPairs } from '../engine/matching/review.ts'
import { drain } from '../engine/schedule.ts'
import type { CommandInput } from './command.ts'
import { type Context, openContext, stopSignal } from './context.ts'
import { type EvaluateOptions, evaluateFiles } from './match/evaluate.ts'
import { EXIT, type Output } from './output.ts'

interface Options extends EvaluateOptions {
  limit: string
  kind?: string
}

const KINDS = ['person', 'account'] as const
type Kind = (typeof KINDS)[number]

const ACTIONS = ['review', 'accept', 'reject', 'reopen', 'unmerge', 'evaluate']

/**
 * People and companies alike. `match review`: who is probably the same. `match accept <pair…>`: they are. `match reject <pair…>`: they are not.
 * `match reopen <pair…>`: nobody has said anything. `match unmerge <id>`: takes somebody out of those who are judged to be
 * the same. `match evaluate <files…>`: how well matching does on labelled records.
 */
export async function match(input: CommandInput<Options>): Promise<number> {
  const [action, ...rest] = input.args
  if (!ACTIONS.includes(action!))
    throw new ConfigError('cli.usage', `match ${action} is unknown; ${nearestOrAll(action!, ACTIONS)}`)
  if (action !== 'review' && rest.length === 0)
    throw new ConfigError(
      'cli.usage',
      action === 'evaluate'
        ? 'match evaluate takes CSV files'
        : `match ${action} takes ${action === 'unmerge' ? 'the id of a person or company' : 'pairs; tributary match review shows them'}`,
    )
  if (action === 'evaluate') return evaluateFiles(rest, input)
  const { kind } = input.options
  if (kind !== undefined && !isKind(kind))
    throw new ConfigError('cli.usage', `--kind ${kind} is unknown; ${nearestOrAll(kind, [...KINDS])}`)
  const context = await openContext(input.environment)
  try {
    if (action === 'review') await review(context, input.options, input.output)
    else if (action === 'unmerge') await takeOut(context, rest, input.output)
    else await decide(context, action as keyof typeof VERDICTS, rest, input.output)
    return EXIT.done
  } finally {
    await context.close()
  }
}

const isKind = (text: string): text is Kind => (KINDS as readonly string[]).includes(text)

async function review({ engine, config }: Context, options: Options, output: Output): Promise<void> {
  // Where no hub runs nobody has been compared yet.
  await refreshMatching(engine.deps)
  await drain(engine, { signal: stopSignal(), stages: ['match'] })
  const { items, next } = await reviewPairs(engine.deps, {
    limit: Math.max(1, Number(options.limit) || 50),
    ...(options.kind === undefined ? {} : { kind: options.kind as Kind }),
  })
  output.json({ mode: config.matching.mode, items, hasMore: next !== undefined })
  if (items.length === 0)
    output.line(
      config.matching.mode === 'off'
        ? 'Nobody is compared: matching.mode is off in tributary.yaml.'
        : 'Nobody waits for a decision.',
    )
  for (const item of items) output.line(describePair(item))
  if (next !== undefined) output.line('… and more: --limit shows them')
}

const VERDICTS = { accept: 'same', reject: 'different', reopen: undefined } as const
const SAID = { accept: 'are one', reject: 'are two', reopen: 'wait for a decision again' } as const

async function decide(
  context: Context,
  action: keyof typeof VERDICTS,
  pairs: string[],
  output: Output,
): Promise<void> {
  const read = pairs.map(readPair)
  const judged = []
  for (const pair of read) judged.push(await judgePair(context.engine.deps, pair, VERDICTS[action]))
  const isDone = await restand(
    context,
    judged.flatMap(({ a, b }) => [a, b]),
  )
  output.json({ items: judged.map((pair) => ({ ...pair, id: pairId(pair) })), isDone })
  for (const pair of judged) output.line(`${pairId(pair)}: they ${SAID[action]}${when(isDone)}`)
}

async function takeOut(context: Context, ids: string[], output: Output): Promise<void> {
  const items: Awaited<ReturnType<typeof unmerge>>[] = []
  for (const id of ids) items.push(await unmerge(context.engine.deps, id))
  const isDone = await restand(
    context,
    items.map(({ entity }) => entity),
  )
  output.json({ items, isDone })
  for (const { entity, from, fused, left } of items) {
    output.line(`${entity} is somebody else than ${from.join(', ')}${when(isDone)}`)
    for (const { destination, object, from, to } of fused)
      output.line(
        `  ${destination} has merged ${object} ${from} into ${to} and cannot take that back: a new one is made`,
      )
    if (left.fields.length > 0)
      output.line(
        `  In the CRM record of ${left.entity} stays what only the other told, where the mapping does not clear it: ${left.fields.join(', ')}`,
      )
  }
}

const PATIENCE_MS = 10_000
const LOOKED_AT = 500

/** A running hub does it at once; where none runs it is done here, before whatever else waits to be compared. */
async function restand({ engine }: Context, ids: string[]): Promise<boolean> {
  const { clock, store } = engine.deps
  const until = clock.now() + PATIENCE_MS
  const mayContinue = () => clock.now() < until
  await drain(engine, { signal: stopSignal(), stages: ['match', 'project'], mayContinue })
  for (const kind of KINDS) {
    const left = await store.project.nextDirty({ stage: 'match', kind, limit: LOOKED_AT, now: clock.now() })
    if (left.some(({ id }) => ids.includes(id))) return false
  }
  return true
}

const when = (isDone: boolean): string =>
  isDone
    ? '; the CRM learns of it with the next delivery (tributary apply, or the running hub)'
    : ' as soon as the running hub has done it'

const SHOWN: Record<Kind, readonly string[]> = {
  person: ['full_name', 'first_name', 'last_name', 'email', 'phone', 'company_name', 'city'],
  account: ['name', 'domain', 'phone', 'city', 'country', 'vat_id'],
}
const describe = (kind: Kind, golden: Record<string, unknown>): string =>
  SHOWN[kind]
    .filter((field) => field !== 'full_name' || golden.last_name === undefined)
    .map((field) => golden[field])
    .filter((value) => typeof value === 'string' && value !== '')
    .join(' · ') || '(nothing known)'

const HELD_BACK: Record<NonNullable<ReviewedPair['heldBack']>, string> = {
  one_kind_of_evidence: 'only one kind of evidence',
  given_names_differ: 'other given names',
  names_differ: 'other names',
  legal_forms_differ: 'other legal forms',
  domains_differ: 'other domains',
  countries_differ: 'other countries',
}

/** Never 100: nothing is certain here. */
const percent = (score: number): string => (Math.floor(Math.min(score, 0.9999) * 1000) / 10).toFixed(1)

function describePair({ id, kind, score, goldenA, goldenB, evidence, heldBack }: ReviewedPair): string {
  const told = evidence
    .toSorted((x, y) => Math.abs(y.weight) - Math.abs(x.weight))
    .map(
      ({ attribute, level, weight }) => `${attribute} ${level} ${weight > 0 ? '+' : ''}${weight.toFixed(1)}`,
    )
  return [
    `${id}  ${percent(score)} %${heldBack ? ` (${HELD_BACK[heldBack]})` : ''}`,
    `  ${describe(kind, goldenA)}`,
    `  ${describe(kind, goldenB)}`,
    `  ${told.join(', ')}`,
  ].join('\n')
}
