import { latin } from './latin.ts'

/**
 * Words of titles; the first line that holds one decides. `*` stands for any ending. Chinese and Japanese are written
 * without blanks, so their words are found anywhere.
 */
const readRules = (text: string): [string, RegExp][] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [name, list] = line.split(': ') as [string, string]
      const words = list.split(', ').map((word) => latin(word).replace(/\*/g, '[\\p{L}\\p{M}]*'))
      const [unspaced, spaced] = [words.filter(isUnspaced), words.filter((word) => !isUnspaced(word))]
      const patterns = [...unspaced, ...(spaced.length > 0 ? [`(?:^| )(?:${spaced.join('|')})(?= |$)`] : [])]
      return [name, new RegExp(patterns.join('|'), 'u')]
    })

/** Compiled when a title is read for the first time: some thousand words are no business of a start. */
function rules(text: string): () => [string, RegExp][] {
  let compiled: [string, RegExp][] | undefined
  return () => {
    compiled ??= readRules(text)
    return compiled
  }
}

const isUnspaced = (word: string): boolean => /\p{Script=Han}/u.test(word)

/** From the top; an assistant of the director is no director, and a vice president is below the president. */
export const seniorities = rules(`
entry: assistant to *, executive assistant, personal assistant, assistenz der *, assistante de direction, asistente de direccion
intern: intern, internship, trainee, apprentice, praktikant*, werkstudent*, azubi*, stagiaire, alternant*, becari*, stagist*, estagiari*, student*, stazhyor, 实习生, shixisheng
vp: vp, svp, evp, avp, vice president*, vicepresident*, vice presidente*, vizeprasident*, vitse prezident, 副总裁
owner: owner, co owner, founder, cofounder, co founder, founding partner, proprietor, self employed, inhaber*, grunder*, fondateur*, fondatrice, fondatore, proprietaire, propietari*, titolare, fundador*, dono, dona, eigenaar, eigenares, oprichter, zalozyciel*, wlasciciel*, osnovatel*, vladelets, kurucu*, sahibi, 创始人, 創業者
c_level: ceo, cfo, cto, cio, coo, cmo, cro, cpo, cso, chro, cdo, ciso, cco, chief *, president*, prasident*, geschaftsfuhrer*, geschaftsfuhrung, vorstand*, vorstandsvorsitzende*, managing director, executive director, general manager, pdg, dg, directeur general, directrice generale, director general, directora general, director gerente, consejero delegado, amministratore delegato, direttore generale, diretor geral, diretora geral, algemeen directeur, bestuurder, verkstallande direktor, vd, prezes*, dyrektor generalny, generalnyy direktor, genel mudur*, 总经理, 总裁, 首席*, 社長, 代表取締役, 会長, daepyo*
partner: partner, managing partner, senior partner, general partner, associe*, socio*, gesellschafter*
director: director*, direktor*, directeur, directrice, direttore, direttrice, diretor*, dyrektor*, mudur, bereichsleiter*, hauptabteilungsleiter*, 总监, 主任, 部長, bujang
head: head, head of *, leiter*, leitung, abteilungsleiter*, teamleiter*, responsable, responsabile, responsavel, jefe, jefa, chef, chefe, hoofd, kierownik, rukovoditel*, nachalnik, lead, team lead, teamlead, principal
manager: manager*, mgr, gerente*, gestionnaire, gestor*, supervisor*, superintendent, foreman, coordinator*, koordinator*, coordinador*, coordinateur, coordinatrice, administrator, menedzher*, menadzher*, mudur*, yonetici*, 经理, 課長, マネージャ*
senior: senior*, sr, snr, staff, expert*, specialist iii, starshiy, kidemli, 高级, 主任工程师
entry: junior, jr, jnr, assistant*, associate, assistent*, asistente, assistente, asystent*, assistenz, clerk, entry level, graduate, mladshiy, 助理, 担当
individual: engineer*, developer*, analyst*, consultant*, specialist*, designer*, representative, rep, executive, officer, advisor, adviser, architect*, accountant*, scientist*, technician*, nurse, teacher, lawyer, attorney, agent, buyer, planner, writer, editor, ingenieur*, entwickler*, berater*, sachbearbeiter*, referent*, mitarbeiter*, kaufmann, kauffrau, developpeur*, charge, chargee, conseiller*, ingenier*, desarrollador*, analista*, especialista*, consultor*, ingegnere, sviluppatore, consulente, impiegato, desenvolvedor*, medewerker, adviseur, inzynier, programista, specjalista, inzhener, razrabotchik, spetsialist, muhendis, uzman*, 工程师, エンジニア
`)

/** Functions from the most telling word to the least. */
export const jobFunctions = rules(`
human_resources: hr, human resources, people operations, people and culture, chief people officer, chro, recruit*, talent *, personal leiter*, personalleiter*, personalreferent*, personalwesen, ressources humaines, rh, drh, recursos humanos, risorse umane, kadry, hr *, payroll, 人力资源, 人事
finance: finance*, financial*, cfo, account payable, accounting, accountant*, accounts *, controller*, controlling, treasur*, audit*, tax, bookkeep*, buchhalt*, finanz*, finanzas, financier*, comptab*, contab*, contador*, amministrazione, finanziari*, finanse, ksiegow*, bukhgalter*, finansov*, muhasebe*, finans*, 财务, 会计, 経理
legal: legal, lawyer*, attorney*, counsel, general counsel, compliance, paralegal, rechts*, jurist*, avocat*, juridique, abogad*, legale, avvocato, advogad*, prawn*, yurist*, avukat*, dpo, data protection *, privacy *, 法务
security: security, ciso, infosec, cyber*, soc analyst
data: data, analytics, bi, business intelligence, machine learning, ai, statistic*, daten*, cdo, data *
product: product, cpo, product *, produkt*, produit*, produc* manager, prodotto, produto, 产品
design: design*, ux, ui, creative*, art director, brand designer, grafik*, graphiste, disen*, 设计
engineering: engineer*, software, developer*, programmer*, cto, devops, sre, architect*, technical *, technology, r and d, research*, qa, quality assurance, entwickl*, ingenieur*, developpeu*, informatique*, desarroll*, ingenier*, ingegner*, sviluppator*, desenvolv*, engenh*, inzynier, programista, inzhener*, razrabotchik*, yazilim*, muhendis*, technik*, technisch*, 工程师, 技术, エンジニア
information_technology: it, cio, information technology, information systems, system administrator, sysadmin, systems, network*, helpdesk, help desk, infrastructure, edv, dsi, ict, systemadministrator*, sistemas, 信息
marketing: marketing, cmo, growth, brand*, content, seo, sem, demand generation, demand gen, communications, communication, pr, public relations, social media, event*, advertis*, mercadeo, mercadotecnia, kommunikation, comunicacion*, comunicazione, marketin*, pazarlama, reklama, 市场, マーケティング
customer_success: customer success, customer support, customer service, customer experience, support, client services, kundenservice, kundendienst, kundenbetreu*, service client, atencion al cliente, assistenza clienti, klantenservice, csm, 客服
sales: sales, account executive, account manager, business development, bdr, sdr, ae, cro, revenue, commercial, key account *, vertrieb*, verkauf*, verkaufer*, vente*, commercial*, ventas, vendedor*, comercial, vendit*, commerciale, vendas, verkoop*, sprzedaz*, handlow*, prodazh*, satis*, inside sales, partnership*, 销售, 営業
procurement: procurement, purchas*, buyer*, sourcing, supply chain, einkauf*, einkaufer*, achat*, acheteu*, compras, comprador*, acquisti, inkoop*, zakup*, satin alma*, 采购
operations: operations, coo, operation*, ops, logistic*, logistik*, produktion*, production, manufacturing, plant *, warehouse, facility, facilities, project manager, program manager, project *, betrieb*, exploitation, operaciones, operacoes, operazioni, operacyj*, quality, 运营, 物流
education: teacher*, professor*, lecturer*, school*, dean, lehrer*, enseign*, profesor*, docente*, 教师
health: doctor*, physician*, nurse*, medical*, clinical*, dentist*, pharmac*, therap*, arzt, arztin, medecin, medico, medica, infirmier*, 医生
executive: ceo, chief executive*, president, founder, cofounder, co founder, owner, managing director, general manager, geschaftsfuhr*, vorstand*, inhaber*, pdg, director general, directeur general, amministratore delegato, board*, chairman, chairwoman, chair, prezes*, generalnyy direktor, genel mudur*, 总经理, 社長, 代表取締役
administration: administrat*, office manager, secretar*, sekretar*, assistant*, receptionist*, clerk, assistenz, assistent*, 行政
`)
