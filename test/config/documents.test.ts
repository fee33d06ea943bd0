import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorsMarkdown } from '../../scripts/errors-doc.ts'
import { ConnectionSchema, FileSchema } from '../../src/config/schema.ts'
import { ROUTES } from '../../src/routes/api/table.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('docs/errors.md is what the catalogue says; run: node scripts/errors-doc.ts', () => {
  expect(read('docs/errors.md')).toBe(errorsMarkdown())
})

test('docs/configuration.md names every key', () => {
  const text = read('docs/configuration.md')
  const nested = [
    FileSchema.shape.lanes,
    FileSchema.shape.enrich,
    FileSchema.shape.retention,
    FileSchema.shape.thresholds,
  ].flatMap((schema) => Object.keys((schema.unwrap() as { shape: object }).shape))
  for (const key of [...Object.keys(FileSchema.shape), ...Object.keys(ConnectionSchema.shape), ...nested]) {
    expect(text, key).toMatch(new RegExp(`\`${key}\`|\\b${key}:`))
  }
})

test('docs/http-api.md names every route and its filters', () => {
  const text = read('docs/http-api.md')
  for (const route of ROUTES) {
    expect(text, route.path).toContain(`/api${route.path}\``)
    for (const name of Object.keys(route.query)) expect(text, name).toContain(`\`${name}\``)
  }
})

test('documents link to files that exist', () => {
  for (const path of ['docs/configuration.md', 'docs/http-api.md', 'docs/errors.md']) {
    for (const [, target] of read(path).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      expect(existsSync(new URL(`../../docs/${target}`, import.meta.url)), `${path} → ${target}`).toBe(true)
    }
  }
})
