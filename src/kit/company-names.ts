/** Legal forms at the end of a name, folded; of those that registers know under one search. */
const LEGAL_FORM =
  /(?:gmbhcokg|gmbh|kgaa|aktiengesellschaft|ag|se|ug|kg|ohg|incorporated|inc|corporation|corp|company|co|llc|llp|lp|limited|ltd|plc|sasu|sas|sarl|srl|spa|sa|sl|bv|nv|aktiebolag|ab|asa|as|aps|oyj|oy|ptyltd|pty|pteltd|pte|pvtltd|pvt|spzoo|kft|kk|lda|ltda)$/

/** Letters and digits of every script, in one case and without accents. */
const fold = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/&/g, 'and')
    .replace(/[^\p{L}\p{N}]/gu, '')

function bare(name: string): string {
  const folded = fold(name)
  const rest = folded.replace(LEGAL_FORM, '')
  return rest.length >= 3 ? rest : folded
}

/**
 * Whether a register's name is the one that was asked for: equal but for case, accents and punctuation, or but for a legal
 * form that one of them leaves out. "Kestrel Holding" is not "Kestrel GmbH".
 */
export function isSameCompanyName(asked: string, registered: string): boolean {
  const [a, b] = [fold(asked), fold(registered)]
  if (a === '' || b === '') return false
  return a === b || bare(asked) === b || a === bare(registered)
}
