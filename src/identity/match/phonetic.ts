const SAME_SOUND: [RegExp, string][] = [
  [/^(?:kn|gn|pn)/, 'n'],
  [/^wr/, 'r'],
  [/^wh/, 'w'],
  [/^x/, 's'],
  [/ph/g, 'f'],
  [/(?:sch|tsch|tch|sh|ch|cz|sz|zh)/g, 's'],
  [/(?:ck|cq|qu|kh|[cq])/g, 'k'],
  [/gh/g, ''],
  [/[dt]h/g, 't'],
  [/dg/g, 'g'],
]
const CLASS: Record<string, string> = {
  b: 'p',
  d: 't',
  v: 'f',
  w: 'f',
  z: 's',
  x: 's',
  j: 'g',
  m: 'n',
}

/**
 * What a folded name sounds like, roughly and in any language that writes Latin letters: its first sound and the next
 * three consonants. It finds candidates; whether they are alike is for the comparison to say. Other scripts keep their
 * first letters.
 */
export function phoneticKey(name: string): string {
  const text = name.replace(/[\s\p{P}]+/gu, '')
  if (!/^[a-z]/.test(text)) return text.slice(0, 4)
  let sound = text
  for (const [written, heard] of SAME_SOUND) sound = sound.replace(written, heard)
  const first = /^[aeiouyh]/.test(sound) ? 'a' : (CLASS[sound[0]!] ?? sound[0]!)
  let key = first
  let last = first
  for (const letter of sound.slice(1)) {
    const heard = /[aeiouyh]/.test(letter) ? '' : (CLASS[letter] ?? letter)
    if (heard !== '' && heard !== last) key += heard
    last = heard
    if (key.length === 4) break
  }
  return key
}
