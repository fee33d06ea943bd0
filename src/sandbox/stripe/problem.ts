/** An error as Stripe words it: `{"error": {type, code, message, param}}`. @see https://docs.stripe.com/error-codes */
export class StripeProblem extends Error {
  readonly status: number
  readonly error: Record<string, string>

  constructor(status: number, error: { type: string; message: string; code?: string; param?: string }) {
    super(error.message)
    this.status = status
    this.error = error
  }
}

const invalid = (status: number, message: string, code?: string, param?: string): StripeProblem =>
  new StripeProblem(status, {
    type: 'invalid_request_error',
    message,
    ...(code ? { code } : {}),
    ...(param ? { param } : {}),
  })

export const unknownParameter = (name: string): StripeProblem =>
  invalid(400, `Received unknown parameter: ${name}`, 'parameter_unknown', name)

export const badParameter = (name: string, message: string): StripeProblem =>
  invalid(400, message, 'parameter_invalid', name)

export const missing = (type: string, id: string, param = 'id', status = 404): StripeProblem =>
  invalid(status, `No such ${type}: '${id}'`, 'resource_missing', param)

export const notExpandable = (path: string): StripeProblem =>
  invalid(400, `This property cannot be expanded (${path}).`, undefined, 'expand')

export const tooDeep = (path: string): StripeProblem =>
  invalid(400, `You cannot expand more than 4 levels of a property. Property: ${path}`, undefined, 'expand')

export const unknownUrl = (method: string, path: string): StripeProblem =>
  invalid(
    404,
    `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  )

export const noKey = (): StripeProblem =>
  invalid(
    401,
    'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.',
  )

export const wrongKey = (key: string): StripeProblem =>
  invalid(401, `Invalid API Key provided: ${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}`)

/** A platform's key must say for which account it asks, and may only ask for its own ones. */
export const noAccess = (key: string, account: string | undefined): StripeProblem =>
  invalid(
    403,
    `The provided key '${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}' does not have access to account '${account ?? ''}' (or that account does not exist). Application access may have been revoked.`,
    'account_invalid',
  )

export const tooFast = (): StripeProblem =>
  new StripeProblem(429, {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Request rate limit exceeded.',
  })
