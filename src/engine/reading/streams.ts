import type { Stream } from '#kit'
import { answerStream } from '../../enrich/answer-stream.ts'
import type { Connection } from '../connection.ts'

/** The stream a stored record belongs to; answers of an enricher are records of its two built-in streams. */
export function streamFor(connection: Connection, name: string): Stream<unknown, unknown> | undefined {
  const { connector } = connection
  const own = connector.streams?.[name]
  if (own) return own
  return connector.enricher && (name === 'person' || name === 'account')
    ? answerStream(connector.enricher)
    : undefined
}

/** Streams that a connection pulls, by name. */
export const pulledStreams = ({ connector, config }: Connection): string[] =>
  Object.entries(connector.streams ?? {}).flatMap(([name, stream]) =>
    stream.pull && (stream.isOn?.(config) ?? true) ? [name] : [],
  )

/** Objects of a CRM that it is also read for. */
export const mirroredObjects = (connection: Connection): Set<string> =>
  new Set(
    pulledStreams(connection).flatMap((name) => connection.connector.streams?.[name]?.mirror?.object ?? []),
  )
