import { silentLog } from '#kit'
import { connectors } from '../../connectors/index.ts'
import { openContext } from '../../src/cli/context.ts'
import { readEnvironment } from '../../src/cli/environment.ts'
import { readMappingFiles } from '../../src/cli/mapping-files.ts'
import { configError, parseConfig } from '../../src/config/index.ts'
import { checkMappings } from '../../src/mapping/index.ts'
import { startServer } from '../../src/node.ts'
import { DEFAULT_BUDGET, startMeter } from '../../src/worker/budget.ts'
import { work } from '../../src/worker/work.ts'
import { HUB_CONFIG } from './hub-config.ts'
import { type Runtime, vendorsClient } from './runtime.ts'
import { createVendors } from './vendors.ts'

/** The Node entry with a database in memory, over real sockets, its vendors in the same process. */
export async function startNodeHub(mappingFolder: string): Promise<() => Promise<Runtime>> {
  const files = readMappingFiles(mappingFolder)
  const { mappings } = checkMappings(files)
  const network = await createVendors(files)
  const vendors = vendorsClient(network.fetch)
  return async () => {
    await vendors.reset()
    const environment = {
      ...readEnvironment({}, { ...network.variables, DATABASE_URL: ':memory:' }),
      port: 0,
    }
    const { config, problems } = parseConfig({
      file: 'tributary.yaml',
      text: HUB_CONFIG,
      env: network.variables,
      connectors,
    })
    if (!config) throw configError(problems)
    const context = await openContext(environment, {
      config,
      mappings,
      log: silentLog,
      fetch: (input, init) => network.fetch(new Request(input, init)),
    })
    const server = await startServer(context, environment, { isIdle: true })
    const invoke: Runtime['invoke'] = ({ pull = false, budget: own = {} }) => {
      const budget = { ...DEFAULT_BUDGET, ...own }
      const meter = startMeter(budget, context.engine, { statements: 0 })
      return work(context.engine, meter, { pull, pagesPerStream: budget.pagesPerStream })
    }
    return {
      vendors,
      invoke,
      fetch: (path, init) => fetch(`${server.url}${path}`, { redirect: 'manual', ...init }),
      cron: () => invoke({ pull: true }),
      async close() {
        await server.stop()
        await context.close()
      },
    }
  }
}
