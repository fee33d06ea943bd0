const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))

/** The claims of a JSON Web Token signed with RS256, where the signature is that of `key`. */
export async function readJwt(
  assertion: string,
  key: CryptoKey,
): Promise<Record<string, unknown> | undefined> {
  try {
    const [header = '', payload = '', signature = ''] = assertion.split('.')
    const signed = new TextEncoder().encode(`${header}.${payload}`)
    const isOurs = await crypto.subtle.verify('RSASSA-PKCS1-v1_5', key, bytesOf(signature), signed)
    if (!isOurs || JSON.parse(atob(header)).alg !== 'RS256') return undefined
    return JSON.parse(new TextDecoder().decode(bytesOf(payload)))
  } catch {
    return undefined
  }
}
