import type { Quota } from '#kit'

/**
 * The org's calls of the last 24 hours, by all tools, and their limit: `Sforce-Limit-Info: api-usage=18/15000`.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
 */
export function readLimitInfo(header: string | null | undefined): Quota | undefined {
  const usage = /\bapi-usage=(\d+)\/(\d+)/.exec(header ?? '')
  return usage ? { used: Number(usage[1]), limit: Number(usage[2]) } : undefined
}
