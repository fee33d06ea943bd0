/** Values that sources write where they know nothing; joining on them would merge strangers. */
export const EMPTY_VALUES: ReadonlySet<string> = new Set([
  '',
  '0',
  '-1',
  'null',
  'undefined',
  'none',
  'n/a',
  'na',
  'unknown',
  'anonymous',
  'guest',
  '[object object]',
  'nan',
])

export const EMPTY_EMAILS: ReadonlySet<string> = new Set([
  'test@test.com',
  'test@example.com',
  'none@none.com',
  'noemail@noemail.com',
  'no@email.com',
  'a@a.com',
])

/** What people type into a required field that they do not want to fill, in the languages of many forms. */
const TYPED = new Set(
  `test testing tester test1 test123 asdf asdfgh qwerty qwertz azerty abc abcd xyz xxx xxxx aaa aaaa foo bar foobar
  none unknown n/a n.a. na nil null tbd tba dummy fake sample example demo anonymous guest user customer
  unbekannt keine keiner inconnu aucun desconocido ninguno sconosciuto nessuno desconhecido nenhum onbekend geen
  неизвестно нет тест غير معروف لا يوجد 不明 無し 未知 测试 なし テスト 없음 테스트`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

/** True for texts that stand for nothing: `n/a`, `test`, `---`, `xxxx`, `asdf`. */
export function isPlaceholder(text: string): boolean {
  const folded = text.normalize('NFKC').trim().toLowerCase()
  if (EMPTY_VALUES.has(folded) || TYPED.has(folded)) return true
  if (!/[\p{L}\p{N}]/u.test(folded)) return true
  // One letter or digit three times and more, and nothing else; Chinese names may double a character.
  return /^[\s.-]*([\p{L}\p{N}])(?:[\s.-]*\1){2,}[\s.-]*$/u.test(folded)
}
