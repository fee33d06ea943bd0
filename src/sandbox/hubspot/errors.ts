import type { Context } from 'hono'

/** One complaint about one value, as HubSpot lists it inside messages and in `errors[]`. */
export interface Complaint {
  error: string
  name: string
  message: string
}

export interface ItemError {
  /** Status of the answer where the request has only this item. */
  httpStatus: 400 | 404 | 409
  category: string
  message: string
  subCategory?: string
  context: Record<string, string[]>
  errors?: { message: string; code: string; context: Record<string, string[]> }[]
}

export const invalidValues = (complaints: Complaint[]): ItemError => ({
  httpStatus: 400,
  category: 'VALIDATION_ERROR',
  message: `Property values were not valid: ${JSON.stringify(
    complaints.map(({ message, error, name }) => ({
      isValid: false,
      message,
      error,
      name,
      localizedErrorMessage: message,
    })),
  )}`,
  context: {},
  errors: complaints.map(({ message, error, name }) => ({
    message,
    code: error,
    context: { propertyName: [name] },
  })),
})

export const notFound = (object: string, ids: string[]): ItemError => ({
  httpStatus: 404,
  category: 'OBJECT_NOT_FOUND',
  message: `Could not get some ${object.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`,
  context: { ids },
})

/** HubSpot names the other contact in the message only. */
export const emailTaken = (existingId: string): ItemError => ({
  httpStatus: 409,
  category: 'CONFLICT',
  message: `Contact already exists. Existing ID: ${existingId}`,
  context: {},
})

export const invalid = (message: string, context: Record<string, string[]> = {}): ItemError => ({
  httpStatus: 400,
  category: 'VALIDATION_ERROR',
  message,
  context,
})

/** Thrown by handlers that refuse the whole request. */
export class Refusal extends Error {
  readonly item: ItemError
  constructor(item: ItemError) {
    super(item.message)
    this.item = item
  }
}

/** The entry of `errors[]` in a batch answer. */
export const batchError = ({ httpStatus, context, ...item }: ItemError, traceId?: string) => ({
  status: 'error',
  ...item,
  context: traceId ? { objectWriteTraceId: [traceId], ...context } : context,
})

export function refuse(c: Context, { httpStatus, context, ...item }: ItemError): Response {
  const hasContext = Object.keys(context).length > 0
  return c.json(
    { status: 'error', ...item, correlationId: crypto.randomUUID(), ...(hasContext ? { context } : {}) },
    httpStatus,
  )
}
