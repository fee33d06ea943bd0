/** The r and s of a WebCrypto signature as ASN.1 DER, the form in which SendGrid signs. */
export function toDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2
  const content = [...integer(raw.subarray(0, half)), ...integer(raw.subarray(half))]
  return Uint8Array.from([0x30, content.length, ...content])
}

function integer(digits: Uint8Array): number[] {
  let start = 0
  while (start < digits.length - 1 && digits[start] === 0) start++
  const shortest = [...digits.subarray(start)]
  // A set first bit would read as a minus sign.
  if ((shortest[0] ?? 0) >= 0x80) shortest.unshift(0)
  return [0x02, shortest.length, ...shortest]
}
