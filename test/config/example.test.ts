import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { AnyConnector } from '#kit'
import { formatProblem, parseConfig } from '../../src/config/index.ts'

const root = new URL('../../', import.meta.url)
const text = readFileSync(new URL('tributary.example.yaml', root), 'utf8')
const names = [...new Set([...text.matchAll(/^\s*#?\s*connector: ([\w-]+)/gm)].map((match) => match[1]!))]

async function connectors(): Promise<AnyConnector[]> {
  const existing = names.filter((name) => existsSync(new URL(`connectors/${name}/index.ts`, root)))
  const modules = await Promise.all(
    existing.map((name) => import(new URL(`connectors/${name}/index.ts`, root).href)),
  )
  return modules.map((module: { default: AnyConnector }) => module.default)
}

/** A value for each variable that the file names; the name says which are addresses. */
const environment = (source: string) =>
  Object.fromEntries(
    [...source.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [
      name!,
      name!.endsWith('_URL') ? 'https://acme.example.com' : `value-of-${name!.toLowerCase()}`,
    ]),
  )

test('the example configuration is valid once its variables are set', async () => {
  const { config, problems } = parseConfig({
    file: 'tributary.example.yaml',
    text,
    env: environment(text),
    connectors: await connectors(),
  })
  expect(problems.map(formatProblem)).toEqual([])
  expect(config?.connections.map(({ connector }) => connector.name)).toEqual(names)
  expect(config?.enrich.order).toEqual(['inference', 'people-data-labs'])
})

test('every setting that the example shows as a comment is valid too', async () => {
  const open = text.replace(/^(\s*)# (\w[\w-]*:( .*)?)$/gm, '$1$2')
  expect(open).not.toBe(text)
  const { problems } = parseConfig({
    file: 'tributary.example.yaml',
    text: open,
    env: environment(open),
    connectors: await connectors(),
  })
  expect(problems.map(formatProblem)).toEqual([])
})

test('the example without an environment names each missing variable', async () => {
  const { problems } = parseConfig({
    file: 'tributary.example.yaml',
    text,
    env: {},
    connectors: await connectors(),
  })
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['config.env_missing']))
})
