import { RecordError } from '#kit'
import type { EngineDeps } from '../deps.ts'
import type { EntityKind } from '../ports.ts'
import { loadArea } from './restand.ts'

/** Two people, or two companies, by any of their ids. */
export interface Pair {
  a: string
  b: string
}

/** As it is shown and given back: `per_1~per_2`. */
export const pairId = ({ a, b }: Pair): string => (a < b ? `${a}~${b}` : `${b}~${a}`)

/** Throws RecordError `request.invalid` where the text is no pair. */
export function readPair(text: string): Pair {
  const [a, b, ...rest] = text.split('~')
  if (!a || !b || rest.length > 0)
    throw new RecordError('request.invalid', `${text} is no pair; a pair is two ids such as per_1~per_2`, {
      at: { id: text },
    })
  return { a, b }
}

/**
 * A person's word on two people or companies. It counts before the model's and holds until it is taken back (no verdict). The stage
 * `match` acts on it: who is the same stands together, who is not comes apart, and both are projected anew.
 *
 * Throws RecordError `request.not_found` where there is no such person or company, `request.invalid` where one is a person
 * and the other a company, `match.one_already` where their identifiers say that they are one.
 */
export async function judgePair(deps: EngineDeps, pair: Pair, verdict?: 'same' | 'different'): Promise<Pair> {
  const [a, b] = await basesOf(deps, [pair.a, pair.b])
  if (a === b) throw oneAlready(pair)
  if (kindOf(a!) !== kindOf(b!))
    throw new RecordError('request.invalid', `${pairId(pair)} is a person and a company: they are two`, {
      at: { id: pairId(pair) },
    })
  const judged = a! < b! ? { a: a!, b: b! } : { a: b!, b: a! }
  await deps.store.match.judge({
    pairs: [{ ...judged, ...(verdict ? { verdict } : {}) }],
    now: deps.clock.now(),
  })
  return judged
}

/** A CRM record that the CRM itself merged into another's: what it cannot take apart. */
export interface FusedRecord {
  destination: string
  object: string
  /** Id of the record that is gone, and of the one that was kept. */
  from: string
  to: string
}

export interface Unmerged {
  entity: string
  /** Whom they stood with. */
  from: string[]
  /** Records that are one in the CRM by now: who lost theirs gets a new one. */
  fused: FusedRecord[]
  /** Fields that only those told who leave the one who was shown: they stay in that CRM record where `on_null` is skip. */
  left: { entity: string; fields: string[] }
}

/**
 * Takes somebody out of those who are judged to be the same: said to be different from each of them, because they might
 * be brought together again by way of another.
 *
 * Throws RecordError `request.not_found` where there is no such person or company, `match.alone` where nobody was judged to be them.
 */
export async function unmerge(deps: EngineDeps, id: string): Promise<Unmerged> {
  const [entity] = await basesOf(deps, [id])
  const [node] = await deps.store.absorb.rootsOf([entity!])
  const { nodes } = await loadArea(deps, [node!.root])
  const others = new Set(nodes.filter(({ root }) => root === node!.root).map(({ base }) => base))
  others.delete(entity!)
  if (others.size === 0)
    throw new RecordError('match.alone', `Nobody is judged to be the same as ${id}`, { at: { id } })
  const from = [...others].sort()
  await deps.store.match.judge({
    pairs: from.map((other) => ({
      ...(entity! < other ? { a: entity!, b: other } : { a: other, b: entity! }),
      verdict: 'different',
    })),
    now: deps.clock.now(),
  })
  return {
    entity: entity!,
    from,
    fused: await fusedRecords(deps, [entity!, ...from]),
    left: await toldByOthers(deps, node!.root, entity === node!.root ? from : [entity!], others),
  }
}

async function toldByOthers(
  deps: EngineDeps,
  root: string,
  leaving: string[],
  others: ReadonlySet<string>,
): Promise<Unmerged['left']> {
  const bases = [...new Set([root, ...leaving, ...others])]
  const said = await deps.store.match.contributions(
    kindOf(root),
    bases.map((base) => ({ base, root })),
  )
  const fieldsOf = (isTheirs: (base: string) => boolean) =>
    new Set(
      said.flatMap(({ base, attributes }) =>
        isTheirs(base)
          ? Object.keys(attributes).filter((name) => attributes[name] !== null && attributes[name] !== '')
          : [],
      ),
    )
  const kept = fieldsOf((base) => !leaving.includes(base))
  const fields = [...fieldsOf((base) => leaving.includes(base))].filter((name) => !kept.has(name))
  return { entity: root, fields: fields.sort() }
}

async function fusedRecords(deps: EngineDeps, bases: string[]): Promise<FusedRecord[]> {
  const kind = kindOf(bases[0]!)
  const objects = new Map(
    deps
      .mappings()
      .filter(({ from }) => from === kind)
      .map(({ destination, object }) => [`${destination} ${object}`, { destination, object }]),
  )
  if (objects.size === 0) return []
  const shadows = await deps.store.project.projections(
    [...objects.values()].flatMap((at) => bases.map((entity) => ({ ...at, entity }))),
  )
  const records = shadows.flatMap(({ destination, object, crmId }) =>
    crmId === undefined ? [] : [{ destination, object, crmId }],
  )
  const isTheirs = ({ destination, object, to }: FusedRecord) =>
    records.some((one) => one.destination === destination && one.object === object && one.crmId === to)
  return (await deps.store.deliver.redirects(records)).filter(isTheirs)
}

async function basesOf(deps: EngineDeps, ids: string[]): Promise<string[]> {
  const rows = new Map((await deps.store.absorb.rootsOf(ids)).map((row) => [row.entity, row]))
  return ids.map((id) => {
    const row = rows.get(id)
    if (!row)
      throw new RecordError('request.not_found', `There is no person or company ${id}`, { at: { id } })
    return row.base ?? row.root
  })
}

const kindOf = (id: string): EntityKind => (id.startsWith('acc_') ? 'account' : 'person')

const oneAlready = ({ a, b }: Pair) =>
  new RecordError('match.one_already', `${a} and ${b} have an identifier in common`, { at: { a, b } })
