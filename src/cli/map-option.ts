import { ConfigError } from '#kit'

/** For commander: `--map`, which may be repeated. */
export const MAP_OPTION = [
  '--map <field=Header>',
  'column of a field; may be repeated',
  (pair: string, all: string[] = []): string[] => [...all, pair],
] as const

/** Field → header. @throws ConfigError csv.missing_column for what is no pair */
export const readMapOption = (pairs: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new ConfigError('csv.missing_column', `--map ${pair}: write field=Header`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
