/** Who at Northwind Telemetry talks to buyers: mailboxes and calendars that the hub may read. */
export interface Seller {
  email: string
  name: string
  /** Number on which customers know them. */
  phone: string
  aircallId: number
}

export const INTERNAL_DOMAIN = 'northwind-telemetry.com'

export const SELLERS: readonly Seller[] = [
  { email: `mira.holt@${INTERNAL_DOMAIN}`, name: 'Mira Holt', phone: '+493055501001', aircallId: 71 },
  { email: `tomas.weiss@${INTERNAL_DOMAIN}`, name: 'Tomás Weiss', phone: '+493055501002', aircallId: 72 },
  { email: `aisha.khan@${INTERNAL_DOMAIN}`, name: 'عائشہ خان', phone: '+493055501003', aircallId: 73 },
]

/** All telephones of the office, as a connection's internalNumbers. */
export const INTERNAL_NUMBERS = ['+4930555010*']
