import type * as z from 'zod'
import type { Auth } from './auth.ts'
import type { Consent } from './consent.ts'
import type { Destination } from './destination.ts'
import type { Enricher } from './enricher.ts'
import type { HubError } from './errors.ts'
import type { Limits } from './http.ts'
import type { ConnectorContext, Stream, Webhook } from './source.ts'

/** Code for one vendor. Sides that the vendor does not have are absent. */
export interface Connector<C = Record<string, unknown>> {
  /** Folder name and value of `connector:` in tributary.yaml. */
  name: string
  title: string
  /** Default API address; every connection can override it with `baseUrl`. */
  baseUrl: string
  config: z.ZodObject
  auth: Auth<C>
  /** Where people can let the hub in by a browser, instead of `auth`. */
  consent?: Consent<C>
  limits?: Limits
  /** Reads the vendor's error body into a classed error; undefined falls back to the status table. */
  classify?(status: number, headers: Headers, body: string): HubError | undefined
  /** One cheap call that proves the credentials; throws AuthError or ConfigError. */
  check?(ctx: ConnectorContext<C>): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: streams of different record types share one registry; each was checked by streamsOf
  streams?: Record<string, Stream<C, any>>
  webhook?: Webhook<C>
  destination?: Destination<C>
  enricher?: Enricher<C>
}

// biome-ignore lint/suspicious/noExplicitAny: the registry holds connectors of different config types
export type AnyConnector = Connector<any>

/** Checks a connector against its own config schema; returns it unchanged. */
export function defineConnector<S extends z.ZodObject>(
  connector: Omit<Connector<z.output<S>>, 'config'> & { config: S },
): Connector<z.output<S>> {
  return connector
}
