import { readCountry, readDomain, readPostalCode, readRegion } from '../identity/normalise/index.ts'
import { type CrmRecord, type Issue, textOf } from './record.ts'

export function checkWebsite(record: CrmRecord): Issue[] {
  const value = textOf(record, 'website')
  if (value === undefined) return []
  const { grade, flags } = readDomain(value)
  if (flags.includes('placeholder'))
    return [
      {
        check: 'website.placeholder',
        attribute: 'website',
        value,
        fix: { kind: 'standardise', set: { website: null } },
      },
    ]
  if (grade === 'bad') return [{ check: 'website.malformed', attribute: 'website', value }]
  return grade === 'weak' ? [{ check: 'website.not_own', attribute: 'website', value }] : []
}

/** Country, region and postal code, each against the country. */
export function checkPlace(record: CrmRecord): Issue[] {
  const issues: Issue[] = []
  const [country, region, code] = [
    textOf(record, 'country'),
    textOf(record, 'region'),
    textOf(record, 'postal_code'),
  ]
  const read = readCountry(country)
  if (read.grade === 'bad') issues.push({ check: 'country.unknown', attribute: 'country', value: country })
  const known = { country: read.value }
  const ofRegion = readRegion(region, known)
  if (ofRegion.grade === 'bad' || ofRegion.flags.includes('unknown_region'))
    issues.push({
      check: 'region.unknown',
      attribute: 'region',
      value: region,
      ...(read.value ? { note: `no part of ${country}` } : {}),
    })
  const ofCode = readPostalCode(code, known)
  if (ofCode.grade === 'bad' || ofCode.flags.includes('wrong_for_country'))
    issues.push({
      check: 'postal_code.malformed',
      attribute: 'postal_code',
      value: code,
      ...(read.value ? { note: `none of ${country}` } : {}),
    })
  return issues
}
