import type { CheckCount, FieldUse, Finding, Grade, HygieneReport } from '../engine/hygiene/index.ts'
import { table } from './output.ts'

type Line = (text: string) => void

/** Grades by object, then each check with a few examples, most frequent first. */
export function printReport(report: HygieneReport, line: Line): void {
  const { destination, objects, checks, notCompared } = report
  if (report.records === 0) {
    line(`${destination} holds no records.`)
    return
  }
  const rows = [...objects.filter(({ records }) => records > 0), { object: 'all', ...report }].map(
    ({ object, records, clean, grade }) => [object, records, records - clean, percent(grade)],
  )
  line(`${destination}: ${percent(report.grade)} of ${report.records} records are in order\n`)
  line(table(rows, { header: ['object', 'records', 'with issues', 'in order'] }))
  for (const own of checks) printCheck(own, line)
  for (const { rule, keys, records } of notCompared)
    line(`\nnot all compared: ${records} records share ${keys} too common values (${rule})`)
}

/** Never rounded up to what it is not. */
const percent = (share: Grade['grade']): string => `${Math.floor(share * 1000) / 10} %`

function printCheck({ check, title, object, count, fixable, examples }: CheckCount, line: Line): void {
  const plan = fixable > 0 ? `; a plan can put ${fixable === count ? 'all' : fixable} right` : ''
  line(`\n${check}  ${count} ${object}: ${title}${plan}`)
  for (const example of examples) line(`  ${describe(example)}`)
}

function describe({ crmId, attribute, value, note, others, fix }: Finding): string {
  const parts = [
    attribute === undefined || value === undefined ? '' : `${attribute} ${JSON.stringify(value)}`,
    others ? `and ${others.slice(0, 5).join(', ')}${others.length > 5 ? ', …' : ''}` : '',
    note ?? '',
    fix && 'set' in fix
      ? `→ ${Object.values(fix.set)
          .map((next) => JSON.stringify(next))
          .join(', ')}`
      : '',
  ]
  return [crmId, ...parts.filter(Boolean)].join('  ')
}

const SHOWN = 40

/** The least filled fields of each object; --json has all. */
export function printFields(fields: readonly FieldUse[], line: Line): void {
  for (const [object, own] of Map.groupBy(fields, (use) => use.object)) {
    const advised = own.filter(({ advice }) => advice !== undefined)
    line(`\n${object}: ${own.length} fields, ${advised.length} of them little used`)
    const rows = advised
      .slice(0, SHOWN)
      .map(({ field, filled, rate, newest, changed, advice }) => [
        `  ${field}`,
        filled,
        percent(rate),
        newest?.slice(0, 10) ?? 'never',
        changed?.slice(0, 10) ?? 'never',
        advice!,
      ])
    if (rows.length > 0)
      line(table(rows, { header: ['  field', 'filled', 'share', 'newest record', 'last change', 'advice'] }))
    if (advised.length > SHOWN) line(`  … and ${advised.length - SHOWN} more (--json shows all)`)
  }
}
