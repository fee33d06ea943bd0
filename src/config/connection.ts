import { type AnyConnector, nearestOrAll, secretFields } from '#kit'
import { ConnectionSchema } from './schema.ts'
import type { Path, SourceFile } from './source-file.ts'
import type { ConnectionConfig } from './types.ts'
import { reportUnknownKey, validate } from './validate.ts'

const SHARED_KEYS = Object.keys(ConnectionSchema.shape)
const DEFAULT_EVERY_MS = 5 * 60_000

/** One entry under `connections:`; reports what is wrong and returns undefined then. */
export function readConnection(
  name: string,
  entry: Record<string, unknown>,
  connectors: ReadonlyMap<string, AnyConnector>,
  source: SourceFile,
): { connection: ConnectionConfig; secrets: string[] } | undefined {
  const at = ['connections', name]
  const connector = findConnector(entry.connector, connectors, at, source)
  if (!connector) return undefined

  const before = source.problems.length
  const ownKeys = Object.keys(connector.config.shape)
  const shared = validate(ConnectionSchema, pick(entry, SHARED_KEYS), at, source)
  for (const key of Object.keys(entry)) {
    if (!SHARED_KEYS.includes(key) && !ownKeys.includes(key)) {
      reportUnknownKey([...at, key], [...SHARED_KEYS, ...ownKeys], source)
    }
  }
  const secrets = readSecrets([...secretFields(connector.config), 'hookSecret'], entry, at, source)
  const config = validate(connector.config, pick(entry, ownKeys), at, source)
  const canPull = Object.values(connector.streams ?? {}).some(
    (stream) => stream.pull && (!config || (stream.isOn?.(config) ?? true)),
  )
  if (shared?.every !== undefined && !canPull && !connector.destination?.changes) {
    source.report(
      [...at, 'every'],
      'config.invalid',
      `${connector.name} has nothing to pull; remove "every"`,
      true,
    )
  }
  const pullable = Object.entries(connector.streams ?? {}).flatMap(([name, { pull }]) => (pull ? [name] : []))
  for (const stream of typeof shared?.drift === 'object' ? Object.keys(shared.drift) : []) {
    if (!pullable.includes(stream)) reportUnknownKey([...at, 'drift', stream], pullable, source)
  }
  if (source.problems.length > before || !shared || !config) return undefined

  return {
    secrets,
    connection: {
      name,
      connector,
      config,
      baseUrl: shared.baseUrl ?? connector.baseUrl,
      ...(canPull || shared.every !== undefined ? { everyMs: shared.every ?? DEFAULT_EVERY_MS } : {}),
      ...(shared.quotaShare !== undefined ? { quotaShare: shared.quotaShare } : {}),
      ...(shared.drift !== undefined ? { drift: shared.drift } : {}),
      ...(shared.deletes ? { deletes: rulesOf(shared.deletes) } : {}),
      ...(shared.limits ? { limits: definedOf(shared.limits) } : {}),
      ...(shared.hookSecret ? { hookSecret: shared.hookSecret } : {}),
      ...(shared.publicUrl ? { publicUrl: shared.publicUrl } : {}),
    },
  }
}

function findConnector(
  given: unknown,
  connectors: ReadonlyMap<string, AnyConnector>,
  at: Path,
  source: SourceFile,
): AnyConnector | undefined {
  const names = [...connectors.keys()]
  if (typeof given !== 'string') {
    source.report(
      [...at, 'connector'],
      'config.invalid',
      `${at.join('.')}: connector is missing; ${nearestOrAll('', names)}`,
    )
    return undefined
  }
  const connector = connectors.get(given)
  if (!connector)
    source.report(
      [...at, 'connector'],
      'config.unknown_connector',
      `unknown connector "${given}"; ${nearestOrAll(given, names)}`,
    )
  return connector
}

/** Values of secret fields and of every variable in them. A secret that stands in the file is a problem of its own. */
function readSecrets(
  fields: string[],
  entry: Record<string, unknown>,
  at: Path,
  source: SourceFile,
): string[] {
  return fields.flatMap((field) => {
    const value = entry[field]
    if (value === undefined || value === null || value === '') return []
    const reference = source.referenceAt([...at, field])
    if (!reference) {
      const example = `\${${[at.at(-1), field]
        .join('_')
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .replace(/\W/g, '_')
        .toUpperCase()}}`
      source.report(
        [...at, field],
        'config.secret_inline',
        `${field} is a secret: refer to an environment variable, for example ${example}`,
      )
      return []
    }
    return [String(value), ...reference.values]
  })
}

const rulesOf = ({
  window,
  ...rules
}: {
  maxPercent?: number | undefined
  atLeast?: number | undefined
  window?: number | undefined
}) => definedOf({ ...rules, windowMs: window })

function pick(entry: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => keys.includes(key)))
}

function definedOf<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}
