import type { Instant } from '#model'
import type { ControlPort } from '../ports.ts'

/** Mapping files on disk that cannot be used: the hub goes on with those it had. */
export interface MappingTrouble {
  since: Instant
  /** Each with file:line:column, as `check` shows them. */
  problems: string[]
}

const KEY = 'mappings:trouble'

/** Kept in the database, so that `status` of another process and `/healthz` tell of it; undefined: it is over. */
export async function noteMappingTrouble(
  control: Pick<ControlPort, 'getSetting' | 'setSetting'>,
  trouble: MappingTrouble | undefined,
): Promise<void> {
  const text = trouble ? JSON.stringify(trouble) : ''
  if (((await control.getSetting(KEY)) ?? '') !== text) await control.setSetting(KEY, text)
}

export async function mappingTrouble(
  control: Pick<ControlPort, 'getSetting'>,
): Promise<MappingTrouble | undefined> {
  const text = await control.getSetting(KEY)
  return text ? (JSON.parse(text) as MappingTrouble) : undefined
}
