/** Folds case, width and Latin accents, for finding only. Vowel signs of other scripts carry meaning and stay. */
export const foldText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()

/** All of these must occur, in any order. */
export const searchTerms = (search: string): string[] => foldText(search).split(/\s+/u).filter(Boolean)
