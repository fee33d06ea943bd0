import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Writes src/embedded.ts: the configuration and the mapping files it names, as text. */
export async function writeEmbedded(options: { configFile?: string; out?: string } = {}): Promise<void> {
  const named = options.configFile ?? process.env.TRIBUTARY_CONFIG ?? 'tributary.yaml'
  const configFile = existsSync(join(root, named)) ? named : 'tributary.example.yaml'
  const configText = existsSync(join(root, configFile)) ? readFileSync(join(root, configFile), 'utf8') : 'connections: {}\n'
  const folder = (parse(configText) as { mappings?: string } | null)?.mappings ?? 'mappings'
  const mappings = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name) && !name.includes('fixtures'))
    .sort()
    .map((name) => ({ file: `${folder}/${name}`, text: readFileSync(join(root, folder, name), 'utf8') }))
  const text = [
    '// Made by `npm run build` from the configuration and the mapping files. Do not edit.',
    `export const configFile = ${JSON.stringify({ file: configFile, text: configText })}`,
    `export const mappingFiles = ${JSON.stringify(mappings)}`,
    '',
  ].join('\n')
  const out = join(root, options.out ?? 'src/embedded.ts')
  if (!existsSync(out) || readFileSync(out, 'utf8') !== text) writeFileSync(out, text)
}

if (import.meta.main) await writeEmbedded()
