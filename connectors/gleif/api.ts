import * as z from 'zod'
import { type ConnectorContext, isSameCompanyName } from '#kit'
import type { Config } from './index.ts'

const text = z.string().nullish()

/** @see https://documenter.getpostman.com/view/7679680/SVYrrxuU */
export const LeiRecord = z.looseObject({
  id: z.string(),
  attributes: z.looseObject({
    entity: z.looseObject({
      legalName: z.looseObject({ name: z.string() }),
      otherNames: z.array(z.looseObject({ name: text })).nullish(),
      legalAddress: z
        .looseObject({
          addressLines: z.array(text).nullish(),
          city: text,
          region: text,
          country: text,
          postalCode: text,
        })
        .nullish(),
      jurisdiction: text,
      category: text,
      status: text,
      creationDate: text,
    }),
    registration: z.looseObject({ status: text, lastUpdateDate: text }).nullish(),
  }),
})
export type LeiRecord = z.infer<typeof LeiRecord>

const Listed = z.looseObject({ data: z.array(LeiRecord) })
const Single = z.looseObject({ data: LeiRecord.nullish() })

/** Duplicates and annulled records stand for no company. */
const isValid = ({ attributes }: LeiRecord): boolean =>
  !['ANNULLED', 'DUPLICATE', 'CANCELLED'].includes(attributes.registration?.status ?? '')

/** `US-DE` is a part of `US`. */
export const countryOf = ({ attributes: { entity } }: LeiRecord): string | undefined =>
  entity.jurisdiction?.slice(0, 2) ?? entity.legalAddress?.country ?? undefined

/** The one company of this name, in this country where it is known; undefined where there is none, or more than one. */
export async function findByName(
  ctx: ConnectorContext<Config>,
  name: string,
  country: string | undefined,
): Promise<LeiRecord | undefined> {
  const { data } = await ctx.http.request({
    url: '/api/v1/lei-records',
    query: {
      'filter[entity.legalName]': name,
      ...(country ? { 'filter[entity.legalAddress.country]': country } : {}),
      'page[size]': 20,
    },
    schema: Listed,
    signal: ctx.signal,
  })
  const same = data.data.filter(
    (record) =>
      isValid(record) &&
      isSameCompanyName(name, record.attributes.entity.legalName.name) &&
      (!country || [countryOf(record), record.attributes.entity.legalAddress?.country].includes(country)),
  )
  return same.length === 1 ? same[0] : undefined
}

/** A company without a parent in the register, or with a reason not to tell, has none here. */
export async function parentOf(
  ctx: ConnectorContext<Config>,
  lei: string,
  which: 'direct-parent' | 'ultimate-parent',
): Promise<LeiRecord | undefined> {
  const { status, data } = await ctx.http.request({
    url: `/api/v1/lei-records/${lei}/${which}`,
    schema: Single,
    accept: [404],
    signal: ctx.signal,
  })
  return status === 404 ? undefined : (data.data ?? undefined)
}
