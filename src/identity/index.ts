export * from './mail-domains.ts'
export * from './normalise-identifier.ts'
export * from './resolve.ts'
export * from './survivorship.ts'
