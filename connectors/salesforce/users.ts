import type { ConnectorContext, CrmUser } from '#kit'
import { openClient } from './client.ts'
import type { SalesforceConfig } from './config.ts'
import { toLongId } from './ids.ts'

/** Guests, members of portals and automated processes may share an address with a person and own nothing that is mapped. */
const USERS = "SELECT Id, Email, Username, Name, IsActive FROM User WHERE UserType = 'Standard'"

/** A sandbox appends this to the addresses of the users that were copied into it, so that nobody gets mail from it. */
const MASKED = /\.invalid$/i

/**
 * Users of the org, active or not.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_user.htm
 */
export async function users(ctx: ConnectorContext<SalesforceConfig>): Promise<CrmUser[]> {
  const rows = await openClient(ctx).query(USERS)
  return rows.map((row) => ({
    id: toLongId(String(row.Id)),
    email: String(row.Email ?? row.Username).replace(MASKED, ''),
    name: String(row.Name),
    isActive: row.IsActive === true,
  }))
}
