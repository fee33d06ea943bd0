import * as z from 'zod'

const text = z.string().nullish()
const named = z.looseObject({ code: text, name: text }).nullish()

/** Only what is used. @see https://api.thecompaniesapi.com/v2/openapi */
export const Company = z.looseObject({
  about: z
    .looseObject({
      name: text,
      nameLegal: text,
      industry: text,
      businessType: text,
      totalEmployeesExact: z.number().nullish(),
      yearFounded: z.number().nullish(),
    })
    .nullish(),
  companies: z.looseObject({ parent: z.looseObject({ name: text, domain: text }).nullish() }).nullish(),
  contacts: z
    .looseObject({ phones: z.array(z.looseObject({ category: text, value: text })).nullish() })
    .nullish(),
  descriptions: z.looseObject({ primary: text, tagline: text }).nullish(),
  domain: z.looseObject({ domain: text }).nullish(),
  locations: z
    .looseObject({
      headquarters: z
        .looseObject({
          city: z.looseObject({ name: text, postcode: text }).nullish(),
          state: named,
          country: named,
        })
        .nullish(),
    })
    .nullish(),
  meta: z.looseObject({ cost: z.number().nullish(), syncedAt: text }).nullish(),
  socials: z.looseObject({ linkedin: z.looseObject({ url: text }).nullish() }).nullish(),
})
export type Company = z.infer<typeof Company>
