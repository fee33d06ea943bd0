/** An error as Salesforce reports it; `statusCode` in results of collections, `errorCode` in bodies of refused requests. */
export interface SalesforceError {
  code: string
  message: string
  fields: string[]
  /** Only with DUPLICATES_DETECTED. */
  duplicateResult?: Record<string, unknown>
}

export const errorOf = (code: string, message: string, fields: string[] = []): SalesforceError => ({
  code,
  message,
  fields,
})

/** Ends a whole request. */
export class RequestError extends Error {
  readonly status: number
  readonly error: SalesforceError

  constructor(status: number, code: string, message: string, fields: string[] = []) {
    super(message)
    this.status = status
    this.error = errorOf(code, message, fields)
  }
}

/** Body of a refused request: always an array. */
export const errorBody = (error: SalesforceError): Record<string, unknown>[] => [
  {
    message: error.message,
    errorCode: error.code,
    ...(error.fields.length > 0 ? { fields: error.fields } : {}),
    ...(error.duplicateResult ? { duplicateResult: error.duplicateResult } : {}),
  },
]

/** One entry of a collections answer that failed. */
export const failedResult = (error: SalesforceError): Record<string, unknown> => ({
  success: false,
  errors: [
    {
      statusCode: error.code,
      message: error.message,
      fields: error.fields,
      ...(error.duplicateResult ? { duplicateResult: error.duplicateResult } : {}),
    },
  ],
})
