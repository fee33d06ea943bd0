import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const text = read('docs/connectors.md')

/** Cells of the first table, by the name of the connector. */
const rows = new Map(
  text.split('\n').flatMap((line) => {
    const name = /^\| \[`([\w-]+)`\]/.exec(line)?.[1]
    return name ? [[name, line] as const] : []
  }),
)

test('docs/connectors.md has a row for every connector and for nothing else', () => {
  expect([...rows.keys()].sort()).toEqual(connectors.map(({ name }) => name).sort())
})

test.each(connectors.map((connector) => [connector.name, connector] as const))(
  'the row of %s names its directions, streams and objects',
  (name, { streams, destination, enricher }) => {
    const row = rows.get(name) ?? ''
    for (const item of [...Object.keys(streams ?? {}), ...Object.keys(destination?.objects ?? {})]) {
      expect(row).toContain(`\`${item}\``)
    }
    if (streams) expect(row).toContain('source')
    if (destination) expect(row).toContain('destination')
    if (enricher) expect(row).toContain('enricher')
    expect(row).toContain(`(../connectors/${name}/README.md)`)
  },
)

test.each(connectors.filter(({ webhook, name }) => webhook && name !== 'website').map(({ name }) => name))(
  'docs/connectors.md says how deliveries of %s are proved',
  (name) => {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
    expect(row.split('|').at(-2)?.trim()).not.toBe('')
  },
)

test.each(connectors.map((connector) => [connector.name, connector] as const))(
  'every setting of %s stands in its README',
  (name, { config }) => {
    const readme = read(`connectors/${name}/README.md`)
    for (const key of Object.keys(config.shape)) expect(readme, key).toMatch(new RegExp(`\\b${key}\\b`))
  },
)
