import { ConfigError } from './errors.ts'
import { base64Url } from './seal.ts'
import { fromBase64 } from './webhook.ts'

const encode = (value: unknown): string => base64Url(new TextEncoder().encode(JSON.stringify(value)))

/**
 * A JSON Web Token signed with RS256 (RFC 7515), as token servers take it for a proof of identity.
 * @param privateKey PKCS #8 in PEM; `\\n` written out is read as a line break. Never quoted in an error.
 * @throws ConfigError config.invalid where the key is not one
 */
export async function signJwt(
  privateKey: string,
  claims: Record<string, unknown>,
  keyId?: string,
): Promise<string> {
  const key = await importPrivateKey(privateKey)
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId ? { kid: keyId } : {}) }
  const unsigned = `${encode(header)}.${encode(claims)}`
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, new TextEncoder().encode(unsigned))
  return `${unsigned}.${base64Url(new Uint8Array(signature))}`
}

async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const text = pem.replaceAll('\\n', '\n')
  const body = /-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/.exec(text)?.[1] ?? ''
  try {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    return await crypto.subtle.importKey('pkcs8', fromBase64(body.replace(/\s+/g, '')), algorithm, false, [
      'sign',
    ])
  } catch {
    throw new ConfigError(
      'config.invalid',
      'The private key cannot be read: it must be PKCS #8 in PEM, beginning with -----BEGIN PRIVATE KEY-----',
    )
  }
}
