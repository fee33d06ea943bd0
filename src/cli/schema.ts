import { jsonSchema } from '../mapping/index.ts'
import type { CommandInput } from './command.ts'
import { EXIT } from './output.ts'

/** The JSON Schema of mapping files, for editors; the same with and without --json. */
export async function schema({ output }: CommandInput): Promise<number> {
  const document = jsonSchema()
  output.json(document)
  output.line(JSON.stringify(document, null, 2))
  return EXIT.done
}
