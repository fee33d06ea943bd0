/** Letter, then how it is written in Latin letters; `-` where it is not. Names as passports and CRMs have them. */
const ALPHABETS = `
а a б b в v г g д d е e ё e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch
ъ - ы y ь - э e ю yu я ya є ye і i ї yi ґ g ў u ј j љ lj њ nj ћ c ђ dj џ dz ѓ gj ќ kj ѕ dz ә a ғ g қ k ң n ө o ұ u ү u
һ h
α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o
א - ב b ג g ד d ה h ו v ז z ח h ט t י y כ k ך k ל l מ m ם m נ n ן n ס s ע - פ p ף f צ ts ץ ts ק k ר r ש sh ת t
ا a أ a إ i آ a ٱ a ب b ة a ت t ث th ج j ح h خ kh د d ذ dh ر r ز z س s ش sh ص s ض d ط t ظ z ع - غ gh ف f ق q ك k ک k
ل l م m ن n ه h ہ h ھ h و w ي y ی y ى a ئ y ؤ w ء - پ p چ ch ژ zh گ g ٹ t ڈ d ڑ r ں n ے e ۓ e ۀ e ۂ e ـ -
ა a ბ b გ g დ d ე e ვ v ზ z თ t ი i კ k ლ l მ m ნ n ო o პ p ჟ zh რ r ს s ტ t უ u ფ p ქ k ღ gh ყ q შ sh ჩ ch ც ts ძ dz
წ ts ჭ ch ხ kh ჯ j ჰ h
ա a բ b գ g դ d ե e զ z է e ը y թ t ժ zh ի i լ l խ kh ծ ts կ k հ h ձ dz ղ gh ճ ch մ m յ y ն n շ sh ո o չ ch պ p ջ j
ռ r ս s վ v տ t ր r ց ts ւ v փ p ք k օ o ֆ f և ev
ก k ข kh ฃ kh ค kh ฅ kh ฆ kh ง ng จ ch ฉ ch ช ch ซ s ฌ ch ญ y ฎ d ฏ t ฐ th ฑ th ฒ th ณ n ด d ต t ถ th ท th ธ th น n
บ b ป p ผ ph ฝ f พ ph ฟ f ภ ph ม m ย y ร r ล l ว w ศ s ษ s ส s ห h ฬ l อ o ฮ h ะ a ั a า a ิ i ี i ึ ue ื ue ุ u ู u
เ e แ ae โ o ใ ai ไ ai
`

/** Letter → Latin, of scripts that write letter by letter. */
export const LETTERS: ReadonlyMap<string, string> = pairs(ALPHABETS)

/** Hiragana; katakana is the same 96 code points further on. */
export const KANA: ReadonlyMap<string, string> = pairs(`
あ a い i う u え e お o か ka き ki く ku け ke こ ko が ga ぎ gi ぐ gu げ ge ご go さ sa し shi す su せ se そ so
ざ za じ ji ず zu ぜ ze ぞ zo た ta ち chi つ tsu て te と to だ da ぢ ji づ zu で de ど do な na に ni ぬ nu ね ne の no
は ha ひ hi ふ fu へ he ほ ho ば ba び bi ぶ bu べ be ぼ bo ぱ pa ぴ pi ぷ pu ぺ pe ぽ po ま ma み mi む mu め me も mo
や ya ゆ yu よ yo ら ra り ri る ru れ re ろ ro わ wa ゐ i ゑ e を o ん n ゔ vu ぁ a ぃ i ぅ u ぇ e ぉ o
`)

const words = (text: string): string[] => text.split(' ').map((word) => (word === '-' ? '' : word))

/** Parts of a Korean syllable, in the order of Unicode (Revised Romanisation). */
export const HANGUL = {
  first: words('g kk n d tt r m b pp s ss - j jj ch k t p h'),
  vowel: words('a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i'),
  last: words('- k k k n n n t l k m l l l p l m p p t t ng t t k t p t'),
}

/**
 * The scripts of India stand in Unicode in one order, 128 code points each from U+0900: consonants from 0x15, vowels
 * from 0x05, signs for vowels from 0x3e.
 */
export const INDIC = {
  consonants: words(
    'k kh g gh ng ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h',
  ),
  vowels: words('a a i i u u ri l e e e ai o o o au'),
  signs: words('a i i u u ri ri e e e ai o o o au'),
}

function pairs(text: string): Map<string, string> {
  const cells = text.trim().split(/\s+/)
  const found = new Map<string, string>()
  for (let i = 0; i + 1 < cells.length; i += 2)
    found.set(cells[i]!, cells[i + 1] === '-' ? '' : cells[i + 1]!)
  return found
}
