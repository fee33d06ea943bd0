import * as z from 'zod'
import type { Route } from './define-route.ts'
import { components, Problem } from './schemas.ts'

type Json = Record<string, unknown>

const JSON_SCHEMA = {
  override({ jsonSchema }: { jsonSchema: Json }) {
    // The pattern behind date-time is long and says no more than the format; the bounds of safe integers say nothing.
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  },
} as const

/** By name where the schema has one. */
function reference(schema: z.ZodType): Json {
  const id = components.get(schema)?.id
  if (id !== undefined) return { $ref: `#/components/schemas/${id}` }
  const { $schema: _, ...inline } = z.toJSONSchema(schema, { ...JSON_SCHEMA, io: 'input' }) as Json
  return inline
}

function parametersOf(fields: Record<string, z.ZodType>, place: 'path' | 'query'): Json[] {
  return Object.entries(fields).map(([name, field]) => {
    const {
      $schema: _,
      description,
      ...schema
    } = z.toJSONSchema(field, { ...JSON_SCHEMA, io: 'input' }) as Json
    return { name, in: place, required: place === 'path', ...(description ? { description } : {}), schema }
  })
}

function operationOf(route: Route): Json {
  const failure = (description: string) => ({
    description,
    content: { 'application/problem+json': { schema: reference(Problem) } },
  })
  const hasId = Object.keys(route.params).length > 0
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [route.tag],
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(route.body
      ? { requestBody: { content: { 'application/json': { schema: reference(route.body) } } } }
      : {}),
    responses: {
      [route.status]: {
        description: route.status === 202 ? 'Begun; the run tells the rest' : 'OK',
        content: { 'application/json': { schema: reference(route.response) } },
      },
      400: failure('A parameter is not valid; errors[] names it'),
      401: failure('Admin token missing or wrong'),
      403: failure('Foreign Host or Origin'),
      ...(hasId ? { 404: failure('Not found') } : {}),
      503: failure('The database is busy or unavailable'),
    },
  }
}

function schemasOf(): Json {
  const { schemas } = z.toJSONSchema(components, {
    ...JSON_SCHEMA,
    uri: (id) => `#/components/schemas/${id}`,
  })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _, $id: __, ...rest } = schema as Json
      return [id, rest]
    }),
  )
}

/** The OpenAPI 3.1 document of the route table. */
export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = `/api${route.path.replace(/:(\w+)/g, '{$1}')}`
    paths[path] = { ...paths[path], [route.method]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary',
      version: '1',
      description:
        'What the hub has received, knows, is about to write and has written, and why. Lists are paged by cursor.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ adminToken: [] }],
    paths,
    components: {
      schemas: schemasOf(),
      securitySchemes: {
        adminToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'TRIBUTARY_ADMIN_TOKEN; not asked for on loopback where none is set',
        },
      },
    },
  }
}
