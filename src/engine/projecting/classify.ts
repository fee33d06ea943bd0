import { dayOf } from '#model'
import type { Classifier } from '../../mapping/classifier.ts'
import type { EngineDeps } from '../deps.ts'
import type { LoadOptions } from './views.ts'

/** The rules that stand beside the mappings; undefined where there are none. */
export const classifierOf = (deps: Pick<EngineDeps, 'mappings'>): Classifier | undefined =>
  deps.mappings().find(({ classifier }) => classifier)?.classifier

/** What is loaded of accounts, so that the rules see as many days as they look at. */
export function loadedFor(classifier: Classifier | undefined, load: LoadOptions): LoadOptions {
  if (!classifier?.reads.touchpoints) return load
  const longest = classifier.windows.at(-1) ?? Number.POSITIVE_INFINITY
  const { sinceDay: own, ...rest } = load
  const sinceDay = Number.isFinite(longest) ? dayOf(load.now) - longest : undefined
  if (!load.withTouchpoints)
    return { ...rest, withTouchpoints: true, ...(sinceDay === undefined ? {} : { sinceDay }) }
  return own === undefined || sinceDay === undefined ? rest : { ...rest, sinceDay: Math.min(own, sinceDay) }
}
