export type EntityKind = 'person' | 'account'
