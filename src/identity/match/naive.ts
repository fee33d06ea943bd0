import type { LabelledRecord, Values } from './attributes.ts'
import type { BlockingRule } from './blocking.ts'
import { buildBlocks } from './blocks.ts'

const equal = (
  name: string,
  attributes: BlockingRule['attributes'],
  key: (values: Values) => string | undefined,
) => ({
  name,
  attributes,
  key,
})

const NAIVE: BlockingRule[] = [
  equal('exact e-mail', ['email'], ({ email }) => email),
  equal('exact name', ['given_name', 'family_name'], ({ given_name, family_name }) =>
    given_name && family_name ? `${given_name} ${family_name}` : undefined,
  ),
]

/** What tools find that look for one equal value: the floor of every evaluation. Only rules that find anything. */
export function naiveMatch(
  records: readonly LabelledRecord[],
): { by: string; truePositives: number; falsePositives: number }[] {
  return NAIVE.flatMap((rule) => {
    const found = { by: rule.name, truePositives: 0, falsePositives: 0 }
    buildBlocks(records, [rule], Number.POSITIVE_INFINITY).eachPair((a, b) => {
      if (records[a]!.entity === records[b]!.entity) found.truePositives++
      else found.falsePositives++
    })
    return found.truePositives + found.falsePositives > 0 ? [found] : []
  })
}
