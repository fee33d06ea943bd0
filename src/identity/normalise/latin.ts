import { withoutAccents } from '#kit'
import { HANGUL, INDIC, KANA, LETTERS } from './latin-letters.ts'
import { squish } from './reading.ts'

/**
 * A text in small Latin letters without accents, for comparison only: `Юлия` and `Yuliya`, `Müller` and `Muller` meet
 * here. Chinese characters stay, since how they are read depends on the language; so does every script not listed in
 * latin-letters.ts.
 */
export function latin(text: string): string {
  const lower = squish(text.normalize('NFKC').toLowerCase())
  if (/^[\u0020-\u007e]*$/.test(lower)) return lower
  const written = lower.replace(/[\p{L}\p{M}ー]+/gu, readWord)
  return squish(
    withoutAccents(written)
      .replaceAll('ı', 'i')
      .replaceAll('þ', 'th')
      .replaceAll('ð', 'd')
      // Marks on no letter.
      .replace(/(?<![\p{L}\p{M}\p{N}])\p{M}+/gu, ''),
  )
}

function readWord(word: string): string {
  if (/^[\p{Script=Latin}\p{Script=Inherited}]+$/u.test(word)) return word
  return word
    .normalize('NFC')
    .replace(/[\p{Script=Hiragana}\p{Script=Katakana}ー]+/gu, readKana)
    .replace(/[\u0900-\u0d7f]+/g, readIndic)
    .replace(/[가-힣]/g, readHangul)
    .replace(/[\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{M}]+/gu, readAlphabet)
    .replace(/[\p{Script=Georgian}\p{Script=Armenian}\p{Script=Thai}\p{M}]+/gu, readAlphabet)
}

function readAlphabet(word: string): string {
  const prepared = word
    .replace(/ο[υύ]/g, 'ou')
    .replace(/^μπ/, 'b')
    .replaceAll('ու', 'u')
    // Thai writes some vowels before the consonant that they follow.
    .replace(/([เแโใไ])([ก-ฮ])/g, '$2$1')
  let written = ''
  for (const letter of prepared) {
    const found = LETTERS.get(letter) ?? LETTERS.get(letter.normalize('NFD')[0]!)
    // Vowel points and tones are not written in names.
    written += found ?? (/\p{M}/u.test(letter) ? '' : letter)
  }
  return written
}

const KATAKANA_OFFSET = 0x60

function readKana(word: string): string {
  let written = ''
  let isDoubled = false
  for (const letter of word) {
    const point = letter.codePointAt(0)!
    const hiragana =
      point >= 0x30a1 && point <= 0x30f6 ? String.fromCodePoint(point - KATAKANA_OFFSET) : letter
    if (hiragana === 'っ') isDoubled = true
    else if (hiragana === 'ー') continue
    else if ('ゃゅょ'.includes(hiragana)) written = written.replace(/i$/, '') + glide(written, hiragana)
    else {
      const syllable = KANA.get(hiragana) ?? letter
      written += isDoubled ? syllable[0] + syllable : syllable
      isDoubled = false
    }
  }
  // Long vowels are hardly ever written in Latin letters: Satō is Sato.
  return written.replaceAll('ou', 'o').replaceAll('oo', 'o').replaceAll('uu', 'u')
}

const glide = (before: string, small: string): string => {
  const vowel = { ゃ: 'a', ゅ: 'u', ょ: 'o' }[small]!
  return /(?:sh|ch|j)i$/.test(before) ? vowel : `y${vowel}`
}

function readHangul(syllable: string): string {
  const number = syllable.codePointAt(0)! - 0xac00
  const { first, vowel, last } = HANGUL
  return `${first[Math.floor(number / 588)]}${vowel[Math.floor((number % 588) / 28)]}${last[number % 28]}`
}

/** A consonant carries an a, unless a sign says otherwise; at the end of a name it is silent. */
function readIndic(word: string): string {
  let written = ''
  let carries = false
  for (const letter of word) {
    const place = (letter.codePointAt(0)! - 0x900) % 0x80
    const consonant = INDIC.consonants[place - 0x15]
    const vowel = INDIC.vowels[place - 0x05]
    const sign = INDIC.signs[place - 0x3e]
    if (consonant !== undefined && place <= 0x39) {
      written += (carries ? 'a' : '') + consonant
      carries = true
    } else if (vowel !== undefined && place <= 0x14) {
      written += (carries ? 'a' : '') + vowel
      carries = false
    } else if (place === 0x4d) carries = false
    else if (sign !== undefined && place >= 0x3e) {
      written += sign
      carries = false
    } else if (place === 0x01 || place === 0x02) {
      written += carries ? 'an' : 'n'
      carries = false
    }
  }
  return written.length === 1 && carries ? `${written}a` : written
}
