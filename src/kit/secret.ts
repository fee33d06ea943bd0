import * as z from 'zod'

/** A config field whose value must come from the environment and never leaves the process. */
export const secret = () => z.string().min(1).meta({ secret: true })

/** Names of the secret fields of a connector's config schema. */
export function secretFields(schema: z.ZodObject): string[] {
  return Object.entries(schema.shape)
    .filter(([, field]) => isSecret(field as Inspectable))
    .map(([name]) => name)
}

/** What wrappers and unions of zod hold: optional, default, nullable, readonly, catch; pipe, transform, preprocess; union. */
interface Inspectable extends z.ZodType {
  def: z.ZodType['def'] & {
    innerType?: Inspectable
    in?: Inspectable
    out?: Inspectable
    options?: readonly Inspectable[]
  }
}

function isSecret(field: Inspectable): boolean {
  if (field.meta()?.secret === true) return true
  const { innerType, in: input, out: output, options = [] } = field.def
  return [innerType, input, output, ...options].some((part) => part !== undefined && isSecret(part))
}
