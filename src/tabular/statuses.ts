import { squash } from './fields.ts'

const words = (status: string, synonyms: string): [string, string][] =>
  synonyms.split(' ').map((word) => [word, status])

const INVOICE = new Map([
  ...words('paid', 'paid settled closed complete completed cleared succeeded paidinfull bezahlt pagado paye'),
  ...words(
    'open',
    'open unpaid sent due overdue pastdue outstanding pending posted issued awaitingpayment partiallypaid partial offen',
  ),
  ...words('draft', 'draft entwurf'),
  ...words('void', 'void voided cancelled canceled deleted storniert'),
  ...words('uncollectible', 'uncollectible writtenoff writeoff baddebt'),
])

const QUOTE = new Map([
  ...words('accepted', 'accepted won closedwon signed approved completed paid angenommen'),
  ...words('declined', 'declined lost closedlost rejected denied abgelehnt'),
  ...words('expired', 'expired lapsed abgelaufen'),
  ...words('sent', 'sent open pending delivered outstanding presented needsreview inreview'),
  ...words('viewed', 'viewed opened seen'),
  ...words('draft', 'draft new entwurf'),
  ...words('canceled', 'canceled cancelled void voided withdrawn'),
])

/** The canonical status; one that is not known passes through in lower case. */
export const invoiceStatus = (text: string): string => INVOICE.get(squash(text)) ?? text.trim().toLowerCase()
export const quoteStatus = (text: string): string => QUOTE.get(squash(text)) ?? text.trim().toLowerCase()
