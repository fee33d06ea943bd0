const words = (text: string): Set<string> => new Set(text.trim().split(/\s+/))

/** Titles before a name, in the form of `bare`. */
export const HONORIFICS = words(`
  mr mrs ms miss mx master sir dame lord lady madam dr prof professor rev reverend fr father hon judge capt captain col
  colonel gen general lt maj sgt amb herr frau fraulein dipl ing dipling mag m mme mlle monsieur madame mademoiselle maitre me sr
  sra srta senor senora senorita don dona dott dottssa sig sigra signor signora avv geom rag dra eng enga arq lic
  dhr mevr mevrouw drs mw hr fru frk pan pani inz mgr judr mudr rndr paedr ing dis bc phdr
  shri sri smt kumari sheikh shaikh hajji haji syed maulana ustad al-hajj pak bapak ibu tuan puan datuk dato
  gospodin gospozha g-n g-zha kyrios kyria bay bayan sayin
`)

/** What follows a name, in the form of `bare`. */
export const SUFFIXES = words(`
  jr sr junior senior ii iii iv esq esquire phd md mba cpa cfa msc bsc ma ba bs ms llm llb jd dds dvm rn pe pmp cissp
  obe mbe cbe frcs mp mep csc dba edd
  bey hanim san sama sensei ji sahib saheb
`)

/** Small words that belong to the family name that follows them. */
export const PARTICLES = words(`
  van von vom zu zum zur der den de del della dello degli dei di da das do dos du d des la le les lo las los
  ter ten te tot op aan af av al el ul ibn bin bint binti binte ben bar abu abi ap ab ferch nic ni mac mc
  st saint sainte san santa y e und
`)

/** Chinese family names of two characters; all others have one. */
export const DOUBLE_HAN = words(
  '欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 令狐 司徒 夏侯 端木 百里 南宫 南宮',
)
export const DOUBLE_HANGUL = words('남궁 황보 제갈 선우 독고 사공 서문')
