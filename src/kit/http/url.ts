export type Query = Record<string, string | number | boolean | undefined | readonly string[]>

/** Joins base and path, keeping a path prefix of the base ("https://proxy/stripe" + "/v1/x"). */
export function resolveUrl(base: string, url: string, query?: Query): string {
  const absolute = /^https?:\/\//i.test(url) ? url : `${base.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
  if (!query) return absolute
  const target = absolute.includes('?') && URL.canParse(absolute) ? new URL(absolute) : undefined
  const params = target?.searchParams ?? new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const item of value) params.append(name, item)
    else params.set(name, String(value))
  }
  if (target) return target.toString()
  return params.size > 0 ? `${absolute}?${params}` : absolute
}
