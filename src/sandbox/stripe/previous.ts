import { isList, isPlain, type StripeObject } from './objects.ts'

/**
 * `previous_attributes` of an update: what changed, as it was. Of objects within only what changed in them, of arrays and
 * lists all of it.
 * @see https://docs.stripe.com/api/events/object#event_object-data-previous_attributes
 */
export function previousOf(before: StripeObject, after: StripeObject): Record<string, unknown> {
  return changed(before, after)
}

function changed(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const [was, is] = [before[name], after[name]]
      if (JSON.stringify(was) === JSON.stringify(is)) return []
      if (isList(was)) return [[name, { data: was.data }]]
      if (isPlain(was) && isPlain(is)) return [[name, changed(was, is)]]
      return [[name, was ?? null]]
    }),
  )
}
