import { connectors } from '../../connectors/index.ts'
import { readFixtures } from './fixtures.ts'
import type { Subject } from './subject.ts'

// Vite's: the same on Node and in workerd, which has no files.
const fixtureFiles = import.meta.glob<unknown>('../../connectors/*/fixtures/**/*.json', {
  eager: true,
  import: 'default',
})
const codeFiles = import.meta.glob<string>('../../connectors/*/**/*.{ts,js,cjs,mjs}', {
  eager: true,
  query: '?raw',
  import: 'default',
})
const readmes = import.meta.glob<string>('../../connectors/*/README.md', {
  eager: true,
  query: '?raw',
  import: 'default',
})
const decisionFiles = import.meta.glob<string>('../../docs/decisions.md', {
  eager: true,
  query: '?raw',
  import: 'default',
})

const [decisions = ''] = Object.values(decisionFiles)

/** Folders in `connectors/`, whether or not the registry knows them. */
export const folders: readonly string[] = [
  ...new Set([codeFiles, readmes, fixtureFiles].flatMap((files) => Object.keys(files).map(folderOf))),
].sort()

/** A registered connector with its folder's files. Throws where its fixtures are missing or malformed. */
export function subjectOf(name: string): Subject {
  const connector = connectors.find((one) => one.name === name)
  if (!connector) throw new Error(`connectors/${name} is not in connectors/index.ts`)
  const fixtures = Object.entries(below(fixtureFiles, name)).map(([path, content]) => {
    return [path.slice('fixtures/'.length), content] as const
  })
  return {
    folder: name,
    connector,
    fixtures: readFixtures(Object.fromEntries(fixtures)),
    readme: below(readmes, name)['README.md'],
    code: below(codeFiles, name),
    decisions,
  }
}

function folderOf(path: string): string {
  return path.split('/')[3] ?? ''
}

/** Files of one folder, by their path in it. */
function below<T>(files: Record<string, T>, folder: string): Record<string, T> {
  const prefix = `../../connectors/${folder}/`
  return Object.fromEntries(
    Object.entries(files).flatMap(([path, content]) =>
      path.startsWith(prefix) ? [[path.slice(prefix.length), content] as const] : [],
    ),
  )
}
