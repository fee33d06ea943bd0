import * as z from 'zod'
import { HubError, type Inventory, type InventoryObject, type InventoryRecord, nameGroups } from '#kit'
import { createClient, type Row } from './client.ts'
import { type Config, type Ctx, pathsOf } from './config.ts'
import { knownProperties } from './properties.ts'
import { find, read, toLive } from './read.ts'

/** Names of properties go into the address, which proxies cut at 8 kB. */
const MAX_NAMES = 6_000

const stamps = {
  owner: 'hubspot_owner_id',
  created_at: 'createdate',
  activity_at: 'notes_last_updated',
  next_activity_at: 'notes_next_activity_date',
} as const

const address = {
  street: 'address',
  city: 'city',
  region: 'state',
  postal_code: 'zip',
  country: 'country',
} as const

const objects: Record<string, InventoryObject> = {
  companies: {
    kind: 'account',
    fields: {
      name: 'name',
      phone: 'phone',
      website: 'domain',
      industry: 'industry',
      lifecycle: 'lifecyclestage',
      parent: 'hs_parent_company_id',
      ...address,
      ...stamps,
      modified_at: 'hs_lastmodifieddate',
    },
    beforeCustomer: ['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity'],
  },
  contacts: {
    kind: 'contact',
    fields: {
      first_name: 'firstname',
      last_name: 'lastname',
      email: 'email',
      phone: 'phone',
      mobile: 'mobilephone',
      title: 'jobtitle',
      account: 'associatedcompanyid',
      ...address,
      ...stamps,
      modified_at: 'lastmodifieddate',
      bounced: 'hs_email_hard_bounce_reason_enum',
      opted_out: 'hs_email_optout',
      marketable: 'hs_marketable_status',
      lifecycle: 'lifecyclestage',
      status: 'hs_lead_status',
    },
    accountBy: 'association',
  },
  deals: {
    kind: 'deal',
    fields: {
      name: 'dealname',
      account: 'hs_primary_associated_company',
      stage: 'dealstage',
      stage_since: 'hs_v2_date_entered_current_stage',
      amount: 'amount',
      close_at: 'closedate',
      is_closed: 'hs_is_closed',
      is_won: 'hs_is_closed_won',
      next_step: 'hs_next_step',
      ...stamps,
      modified_at: 'hs_lastmodifieddate',
    },
    accountBy: 'association',
  },
}

const CONTACTS = 'num_associated_contacts'

const merged = z.looseObject({ id: z.coerce.string() })

/** Records by id, from their list: search answers no more than 10,000 and follows writes with a delay. */
export const inventory: Inventory<Config> = {
  objects,

  async page(ctx, { object, fields, page }) {
    const known = await knownProperties(ctx, object)
    const counts = known.has(CONTACTS)
    const { rows, after } = await rowsAfter(ctx, object, counts ? [...fields, CONTACTS] : fields, page)
    return {
      records: rows.map((row): InventoryRecord => {
        const live = toLive(ctx, known, row, fields)
        return counts ? { ...live, contacts: Number(row.properties[CONTACTS] ?? 0) } : live
      }),
      ...(after ? { next: after } : {}),
    }
  },

  read,
  find,

  /** https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/basic/post-crm-v3-objects-contacts-merge */
  async merge(ctx, { object, winner, loser }) {
    try {
      const { data } = await ctx.http.request({
        method: 'POST',
        url: `${pathsOf(ctx.config.apiVersion).objects}/${object}/merge`,
        json: { primaryObjectId: winner, objectIdToMerge: loser },
        schema: merged,
        signal: ctx.signal,
      })
      return { status: 'merged', crmId: data.id }
    } catch (error) {
      if (!(error instanceof HubError) || error.kind !== 'record') throw error
      return { status: 'failed', error }
    }
  },
}

/** One call; more of them over the same ids where all property names do not fit into one. */
async function rowsAfter(ctx: Ctx, object: string, names: string[], after: string | undefined) {
  const client = createClient(ctx)
  const [first, ...more] = nameGroups([...new Set([...names, ctx.config.uniqueProperty])], {
    most: MAX_NAMES,
    separator: 3,
  })
  const page = await client.list(object, first, after)
  const byId = new Map(page.rows.map((row): [string, Row] => [row.id, row]))
  for (const group of more)
    for (const row of (await client.list(object, group, after)).rows)
      Object.assign(byId.get(row.id)?.properties ?? {}, row.properties)
  return page
}
