import type { SkipReason } from '../engine/deciding/decide.ts'
import { USER_MISSES } from '../engine/deciding/users.ts'
import type { Forecast } from '../engine/forecast.ts'
import type { PlannedField, PlannedOperation } from '../engine/planning/plan-operations.ts'
import type { PlanCalls, PlanSummary } from '../engine/planning/plan-summary.ts'
import { table } from './output.ts'

const SHOWN = 50

const REASONS: Partial<Record<SkipReason, string>> = {
  unchanged: 'the CRM holds it',
  not_empty: 'there is a value',
  already_written: 'written once before',
  edited_in_crm: 'edited in the CRM',
  not_ours: 'not written by us',
  policy_never: 'never written',
  not_greater: 'not greater',
  not_smaller: 'not smaller',
  earlier_stage: 'a stage does not move back',
  kept: 'kept by decision',
  unknown_user: 'no user of the CRM has that e-mail',
  inactive_user: 'the user is not active in the CRM',
  several_users: 'several active users have that e-mail',
  users_unreadable: 'the users of the CRM cannot be read',
}

/** A plan for people as it is made: record by record and field by field, then totals, calls, warnings. */
export function startPlanText(line: (text: string) => void) {
  let count = 0
  return {
    add(operations: PlannedOperation[]): void {
      for (const operation of operations.slice(0, Math.max(0, SHOWN - count))) printOperation(operation, line)
      count += operations.length
    },
    end({ totals, calls, timeline, warnings, exceeded }: PlanSummary): void {
      if (count > SHOWN) line(`… and ${count - SHOWN} more (--json shows all)`)
      if (count === 0) line('Nothing to write: the CRMs hold what they should.')
      else {
        const rows = totals.map((t) => [t.destination, t.object, t.action, t.count])
        line(`\n${table(rows, { header: ['destination', 'object', 'action', 'count'] })}`)
      }
      for (const own of calls) line(describeCalls(own))
      if (timeline) printTimeline(timeline, line)
      for (const text of warnings) line(`warning: ${text}`)
      for (const text of exceeded) line(`over threshold: ${text}`)
    },
  }
}

export function printOperation(operation: PlannedOperation, line: (text: string) => void): void {
  const { action, destination, object, crmId, externalId, reason, fields } = operation
  line(`${action.padEnd(6)} ${destination} ${object} ${crmId ?? externalId}${reason ? `: ${reason}` : ''}`)
  for (const field of fields) {
    const text = describeField(field)
    if (text) line(`       ${text}`)
  }
}

function describeField(planned: PlannedField): string | undefined {
  const { field, before, written, after, wanted, policy, from, decision, reason, editedAt } = planned
  const place = `(${policy}, ${from})`
  const ours = written === undefined ? '' : `, we wrote ${show(written)}`
  if (decision === 'write')
    return `${field}: ${before === undefined ? '' : `${show(before)} → `}${show(after)}${wanted === undefined ? '' : ` ${wanted}`}  ${place}`
  if (reason && USER_MISSES.has(reason))
    return `${field}: ${decision === 'hold' ? 'waits for' : 'left out'} ${show(after)}: ${REASONS[reason]}  ${place}`
  if (reason === 'unchanged' || before === undefined) return undefined
  const when = editedAt === undefined ? '' : `, seen ${editedAt}`
  const verb = decision === 'hold' ? 'held at' : 'stays'
  return `${field}: ${verb} ${show(before)}, not ${show(after)}: ${reason ? (REASONS[reason] ?? reason) : ''}${when}${ours}  ${place}`
}

const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

function describeCalls({ destination, reads, writes, left, percentOfDay }: PlanCalls): string {
  const share = percentOfDay === undefined ? '' : `, ${percentOfDay} % of the day's limit (${left} left)`
  return `${destination}: about ${reads + writes} API calls (${reads} reads, ${writes} writes)${share}`
}

/** What activities cost a day, rule by rule; nothing where there are none, or nothing to forecast from. */
export function printTimeline({ days, rules, totals }: Forecast, line: (text: string) => void): void {
  if (days === 0) return
  const share = (percentOfDay: number | undefined) =>
    percentOfDay === undefined ? '' : `, ${percentOfDay} % of the day's limit`
  for (const { destination, calls, percentOfDay } of totals) {
    line(
      `${destination}: activities take about ${calls} API calls a day${share(percentOfDay)}, by the last ${days} days`,
    )
    for (const rule of rules.filter((own) => own.destination === destination))
      line(
        `  ${rule.kind} as ${rule.policy}: ${rule.isOff ? 'off; it would take ' : ''}${rule.calls} calls a day${share(rule.percentOfDay)}  (${rule.from})`,
      )
  }
}
