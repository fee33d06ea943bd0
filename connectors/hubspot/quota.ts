import type { Quota } from '#kit'

/**
 * The account's calls of the day and their limit. Answers to OAuth apps have neither header.
 * https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
 */
export function readDailyLimit(headers: Record<string, string>): Quota | undefined {
  const limit = Number(headers['x-hubspot-ratelimit-daily'])
  const left = Number(headers['x-hubspot-ratelimit-daily-remaining'])
  return Number.isFinite(limit) && Number.isFinite(left) && limit > 0
    ? { used: limit - left, limit }
    : undefined
}
