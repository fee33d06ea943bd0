import * as z from 'zod'
import { ConfigError, nearestOrAll, RecordError } from '#kit'
import { CALLBACK_PATH } from '../oauth.ts'
import { defineRoute, type Route } from './define-route.ts'
import * as s from './schemas.ts'

export const CONNECT_ROUTES: readonly Route[] = [
  defineRoute({
    path: '/connections/:name/connect',
    id: 'connectConnection',
    tag: 'connections',
    summary: 'Where the owner of the account agrees that the hub may use it; good for ten minutes',
    params: { name: z.string().min(1).max(512).describe('Connection name') },
    body: z.strictObject({}),
    response: s.named(
      'ConnectAnswer',
      z.object({
        url: z.url().describe('Open it in a browser; it comes back to /oauth/callback'),
        redirect_uri: z.url().describe('Must be registered with the vendor, exactly so'),
      }),
    ),
    async handler({ engine, params, origin }) {
      const connection = engine.connections.get(params.name)
      if (!connection) {
        throw new RecordError(
          'request.not_found',
          `There is no connection ${params.name}; ${nearestOrAll(params.name, [...engine.connections.keys()])}`,
        )
      }
      if (!connection.consent) {
        throw new ConfigError(
          'config.invalid',
          `${params.name} has credentials of its own in the configuration; nobody needs to let it in`,
        )
      }
      const redirect_uri = origin + CALLBACK_PATH
      return { url: await connection.consent.begin(redirect_uri), redirect_uri }
    },
  }),
]
