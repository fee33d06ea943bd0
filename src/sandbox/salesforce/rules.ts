import { errorOf, type SalesforceError } from './errors.ts'
import type { StoredRecord, Table } from './table.ts'

/** Returns the rule's text where the record violates it. The record is as it would be stored. */
export type ValidationRule = (
  record: Readonly<Record<string, unknown>>,
) => string | { message: string; field: string } | undefined

export interface DuplicateRule {
  field: string
  /** `alert` lets a save pass that says allowSave, `block` never. */
  action: 'alert' | 'block'
}

export function validationError(rules: ValidationRule[], record: StoredRecord): SalesforceError | undefined {
  for (const rule of rules) {
    const verdict = rule(record)
    if (verdict === undefined) continue
    const { message, field } = typeof verdict === 'string' ? { message: verdict, field: undefined } : verdict
    return errorOf('FIELD_CUSTOM_VALIDATION_EXCEPTION', message, field ? [field] : [])
  }
  return undefined
}

/** Who else holds the same value, as a duplicate rule reports it. */
export function duplicateError(
  table: Table,
  rule: DuplicateRule,
  record: StoredRecord,
  allowSave: boolean,
): SalesforceError | undefined {
  const field = table.def.fields.get(rule.field.toLowerCase())
  const value = field ? record[field.name] : undefined
  if (!field || value === undefined) return undefined
  const matches = [...table.lookup(field, value)].filter((id) => id !== record.Id)
  if (matches.length === 0 || (rule.action === 'alert' && allowSave)) return undefined
  const entity = table.def.name
  return {
    ...errorOf('DUPLICATES_DETECTED', 'Use one of these records?'),
    duplicateResult: {
      allowSave: rule.action === 'alert',
      duplicateRule: `Standard_${entity}_Duplicate_Rule`,
      duplicateRuleEntityType: entity,
      errorMessage: 'Use one of these records?',
      matchResults: [
        {
          entityType: entity,
          errors: [],
          matchEngine: 'ExactMatchEngine',
          matchRecords: matches.map((Id) => ({
            additionalInformation: [],
            fieldDiffs: [],
            matchConfidence: 100,
            record: { attributes: { type: entity, url: '' }, Id },
          })),
          rule: `Standard_${entity}_Match_Rule`,
          size: matches.length,
          success: true,
        },
      ],
    },
  }
}
