import { ConfigError, newKey } from '#kit'
import { resealGrants, sealerOf } from '../grants.ts'
import { openStore } from '../store/open-store.ts'
import type { CommandInput } from './command.ts'
import { EXIT } from './output.ts'

/** Makes keys for stored credentials, and moves what is stored to the current one. */
export async function keys({ environment, output, args }: CommandInput): Promise<number> {
  const [verb] = args
  if (verb === 'new') {
    const key = newKey()
    output.json({ key })
    output.line(key)
    return EXIT.done
  }
  if (verb !== 'rotate') throw new ConfigError('cli.usage', `keys ${verb ?? ''}: say new or rotate`)
  const sealer = await sealerOf(environment.keys)()
  const store = await openStore(environment.databaseUrl)
  try {
    const { resealed, unchanged } = await resealGrants(store, sealer, Date.now())
    output.json({ key: sealer.keyId, resealed, unchanged })
    output.line(
      `${resealed.length} credentials sealed anew with the key ${sealer.keyId}, ${unchanged.length} were already. TRIBUTARY_OLD_KEYS is no longer needed.`,
    )
    return EXIT.done
  } finally {
    await store.close()
  }
}
