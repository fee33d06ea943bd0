import { countryCode } from '#kit'

const set = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** What many companies have in their names, folded: sharing it says little. */
const COMMON = set(`
  and the of de der die das la le el et und y e di da
  agency associates association automotive bank bau beratung building business capital care center centre centro clinic
  club communication communications construction consult consultants consulting corporate credit data design development
  digital distribution education electric electronics energy engineering enterprise enterprises entertainment
  environmental equipment equity estate events express fashion film finance financial first food foods foundation fund
  games gas general global gold group gruppe groupe grupo gruppo handel hair health healthcare home hospital hotel hotels
  immobilien import export industrial industrie industries industry innovation institute insurance investment investments
  it lab labs land law legal life logistics management manufacturing marketing materials mechanical media medical metal
  mobile motor motors music national network networks new office oil one online packaging partner partners pharma
  pharmaceutical pharmaceuticals photo plus power practice print pro production productions products professional project
  properties property real realty red research resources restaurant retail royal school sciences security service services
  shop smart society software soft solar solution solutions sport sports square stadtwerke standard star state steel
  store studio studios supply systeme system systems team tech technologies technology telecom textile trade trading
  training transport travel trust union united universal university utilities ventures verein verlag video water web wood
  works world`)

/** What tells one company of a group from another, beside names of countries. */
const UNITS = set(`
  holding holdings beteiligung beteiligungs beteiligungsgesellschaft participations verwaltung verwaltungs
  international intl europe european europa emea apac asia africa america americas latam dach nordic nordics benelux iberia
  north south east west nord sud ost middle eastern western northern southern central overseas deutsche deutsch osterreich espana turkiye
  regional branch niederlassung filiale subsidiary`)

export const isCommon = (word: string): boolean => COMMON.has(word) || word.length < 2

/** Words of one letter or two are initials as often as countries. */
export const isUnit = (word: string): boolean =>
  UNITS.has(word) || word === 'uk' || word === 'usa' || (word.length > 2 && countryCode(word) !== undefined)

/** Words that say which company is meant; none where a name is made of common words alone. */
export const tellingWords = (name: string): string[] =>
  name.split(' ').filter((word) => !isCommon(word) && !isUnit(word))
