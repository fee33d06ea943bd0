/**
 * Legal forms of companies in the spelling of `companyWords`: small Latin letters, no dots, `and` for `&`. Left the name of a
 * family of forms, right how it is written in one country or another.
 */
const FORMS = `
limited: ltd, limited, ltda, limitada, ltee, limitee, lda, unipessoal lda, eireli, company limited, co ltd, ltd co, co limited
incorporated: inc, incorporated, corp, corporation, co, company, cia, companhia, compania, compagnie, cie, and co, and cie
llc: llc, l l c, ooo, tov, too, doo, d o o, dooel, ood, eood, sia, uab, ou, spzoo, sp z o o, sp z oo, sro, s r o, spol s r o, kft, mchj
partnership: llp, lp, lllp, kg, ohg, gbr, snc, s n c, scs, vof, v o f, sp k, sp j, hb, kb, ky, og, pllc
plc: plc, p l c, public limited company, pjsc, ojsc, cjsc, jsc, pao, zao, oao, ao
private limited: pvt ltd, private limited, pvt limited, pte ltd, pte limited, pty ltd, pty limited, proprietary limited, smc pvt ltd, pvt, pte, pty
gmbh: gmbh, ggmbh, g m b h, gesmbh, mbh, ug, ug haftungsbeschrankt, gmbh and co kg, gmbh and co kgaa, gmbh and co ohg, gmbh und co kg, ag and co kg, und co, gesellschaft mit beschrankter haftung
ag: ag, aktiengesellschaft, kgaa, se, ek, e k, eu, eg, e g, ev, e v
sa: sa, s a, sae, saa, sac, sab, sab de cv, sa de cv, s a de c v, s de rl de cv, s de rl, sapi de cv, sociedad anonima, societe anonyme, sociedade anonima, spa, s p a, societa per azioni
sarl: sarl, s a r l, sarlu, eurl, srl, s r l, srls, sl, s l, slu, sociedad limitada, sas, s a s, sasu, sprl, scrl, sal
bv: bv, b v, nv, n v, bvba, cvba, besloten vennootschap, naamloze vennootschap
ab: ab, aktiebolag, as, a s, asa, aps, a p s, aksjeselskap, oy, oyj, osakeyhtio, zrt, nyrt, spolka akcyjna
sirket: anonim sirketi, limited sirketi, ltd sti, san ve tic as, san ve tic ltd sti, sanayi ve ticaret as, sanayi ve ticaret ltd sti
asian: sdn bhd, bhd, sendirian berhad, berhad, pt, tbk, kk, k k, kabushiki kaisha, godo kaisha, gk, yugen kaisha, yk, jusighoesa, yuhanhoesa, pcl, public company limited
gulf: fze, fzco, fz llc, wll, w l l, saoc, saog, psc
`

/** Chinese, Japanese and Korean forms stand before or after the name, without a blank; the longest first. */
export const UNSPACED_FORMS: readonly string[] = `
股份有限公司 有限责任公司 有限責任公司 集团有限公司 一般社団法人 株式会社 株式會社 有限会社 合同会社 合資会社 有限公司 주식회사 유한회사 (株) (有) (주)
`
  .trim()
  .split(' ')

/** Words of a form → the family it belongs to. */
export const LEGAL_FORMS: ReadonlyMap<string, string> = new Map(
  FORMS.trim()
    .split('\n')
    .flatMap((line) => {
      const [family, forms] = line.split(': ') as [string, string]
      return forms.split(', ').map((form) => [form, family] as const)
    }),
)

export const LONGEST_FORM = Math.max(...[...LEGAL_FORMS.keys()].map((form) => form.split(' ').length))

/** Forms that stand before the name in some countries: PT Telkom, ООО Ромашка. */
export const LEADING_FORMS: ReadonlySet<string> = new Set(
  'pt ooo oao zao pao ao tov too jsc pjsc ojsc cjsc uab sia ou ab oy doo'.split(' '),
)
