import { startServer } from '../node.ts'
import type { CommandInput } from './command.ts'
import { openContext, stopSignal } from './context.ts'
import { watchFolders } from './folder.ts'
import { watchMappings } from './live-mappings.ts'
import { EXIT } from './output.ts'

export async function start({ environment, output }: CommandInput): Promise<number> {
  const signal = stopSignal()
  const context = await openContext(environment)
  const server = await startServer(context, environment).catch(async (error) => {
    await context.close()
    throw error
  })
  const watching = watchMappings(context.mappings, { ...context, signal, onChange: server.wake })
  const importing = watchFolders(context.engine.deps, {
    configFile: environment.configFile,
    signal,
    onImport: server.wake,
  })
  output.line(`Tributary listens on ${server.url}`)
  output.json({ url: server.url, port: server.port })
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  await watching
  await importing
  await server.stop()
  await context.close()
  return EXIT.done
}
