import * as z from 'zod'

/** A config field whose value must come from the environment and never leaves the process. */
export const secret = () => z.string().min(1).meta({ secret: true })

/** Names of the secret fields of a connector's config schema. */
export function secretFields(schema: z.ZodObject): string[] {
  return Object.entries(schema.shape)
    .filter(([, field]) => isSecret(field as z.ZodType))
    .map(([name]) => name)
}

function isSecret(field: z.ZodType): boolean {
  if (field.meta()?.secret === true) return true
  const inner = (field as { def?: { innerType?: z.ZodType } }).def?.innerType
  return inner ? isSecret(inner) : false
}
