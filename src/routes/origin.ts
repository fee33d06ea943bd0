/** Address of the hub as browsers see it, without a slash at the end. */
export const originOf = (requestUrl: string, publicUrl: string | undefined): string =>
  (publicUrl ?? new URL(requestUrl).origin).replace(/\/+$/, '')
