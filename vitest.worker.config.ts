import { fileURLToPath } from 'node:url'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { readEmbedded } from './scripts/embed.ts'
import { HUB_CONFIG } from './test/runtime/hub-config.ts'
import { createVendors } from './test/runtime/vendors.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig(async () => {
  const files = readEmbedded({ text: HUB_CONFIG })
  const vendors = await createVendors(files.mappingFiles)
  return {
    // Else a line for each of hundreds of source maps that packages name and do not ship.
    logLevel: 'error' as const,
    plugins: [
      cloudflareTest({
        wrangler: { configPath: './wrangler.toml' },
        miniflare: {
          cf: false,
          bindings: {
            ...vendors.variables,
            // As JSON: an interface is no index type.
            FILES: { ...files },
            MIGRATIONS: await readD1Migrations('./src/store/migrations'),
          },
          // The hub calls the vendors by their own names; simulators in this process answer.
          outboundService: async (request: { url: string }) => await vendors.fetch(await toRequest(request)),
        },
      }),
    ],
    resolve: {
      alias: [
        // wrangler's own [alias] is not applied here.
        { find: 'undici', replacement: here('./connectors/salesforce/undici-shim.cjs') },
        // Otherwise the configuration of whoever runs the tests.
        { find: './embedded.ts', replacement: here('./test/runtime/embedded.ts') },
      ],
    },
    test: { include: ['test/runtime/worker*.test.ts'], testTimeout: 60_000 },
  }
})

/** Miniflare's Request belongs to another copy of undici. */
async function toRequest(request: unknown): Promise<Request> {
  const { url, method, headers, body, arrayBuffer } = request as Request
  const init = { method, headers: [...headers] as [string, string][] }
  return new Request(url, body ? { ...init, body: await arrayBuffer.call(request) } : init)
}
