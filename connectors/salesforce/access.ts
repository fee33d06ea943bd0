import type { SetupStep } from '#kit'
import type { Client, Row } from './client.ts'
import { quote } from './soql.ts'
import { chunk } from './write.ts'

const PERMISSION_SET = 'Tributary'
const ORG_WIDE = 'Organisation'

/** A custom field that should be visible and writable. */
export interface NeededField {
  object: string
  name: string
}

/**
 * New fields are visible to nobody. One permission set grants read and edit on them and is assigned to the user behind
 * the credentials.
 */
export async function grantAccess(
  client: Client,
  fields: NeededField[],
  apply: boolean,
): Promise<SetupStep[]> {
  const wanted = fields.map(({ object, name }) => ({ object, name, path: `${object}.${name}` }))
  const sets = await client.query(`SELECT Id FROM PermissionSet WHERE Name = ${quote(PERMISSION_SET)}`)
  let setId = sets[0] ? String(sets[0].Id) : undefined
  const steps: SetupStep[] = [
    { object: ORG_WIDE, what: `permission set ${PERMISSION_SET}`, state: setId ? 'present' : 'missing' },
  ]
  if (!setId && apply) {
    const made = await client.post('/sobjects/PermissionSet', {
      Name: PERMISSION_SET,
      Label: PERMISSION_SET,
      Description: 'Fields that Tributary writes',
    })
    setId = String(made.id)
    steps[0]!.state = 'created'
  }
  const granted = setId ? await grantedFields(client, setId) : new Set<string>()
  const missing = wanted.filter(({ path }) => !granted.has(path))
  for (const { object, name, path } of wanted) {
    if (granted.has(path)) steps.push({ object, what: `access to ${name}`, state: 'present' })
    else if (!apply) steps.push({ object, what: `access to ${name}`, state: 'missing' })
  }
  if (apply && setId) {
    for (const part of chunk(missing, 200)) steps.push(...(await grant(client, setId, part)))
  }
  steps.push(await assign(client, setId, apply))
  return steps
}

async function grantedFields(client: Client, setId: string): Promise<Set<string>> {
  const rows = await client.query(
    `SELECT Field FROM FieldPermissions WHERE ParentId = ${quote(setId)} AND PermissionsRead = true AND PermissionsEdit = true`,
  )
  return new Set(rows.map((row) => String(row.Field)))
}

async function grant(
  client: Client,
  setId: string,
  fields: { object: string; name: string; path: string }[],
): Promise<SetupStep[]> {
  const rows: Row[] = fields.map(({ object, path }) => ({
    ParentId: setId,
    SobjectType: object,
    Field: path,
    PermissionsRead: true,
    PermissionsEdit: true,
  }))
  const answer = await client.create('FieldPermissions', rows)
  const results = Array.isArray(answer) ? answer : []
  return fields.map(({ object, name }, i) => {
    const what = `access to ${name}`
    if (results[i]?.success === true) return { object, what, state: 'created' }
    return {
      object,
      what,
      state: 'failed',
      detail: String(results[i]?.errors?.[0]?.message ?? 'Salesforce gave no result'),
    }
  })
}

async function assign(client: Client, setId: string | undefined, apply: boolean): Promise<SetupStep> {
  const user = await client.get('/services/oauth2/userinfo')
  const step: SetupStep = {
    object: ORG_WIDE,
    what: `permission set for ${user.preferred_username ?? 'the integration user'}`,
    state: 'missing',
  }
  if (!setId) return step
  const where = `PermissionSetId = ${quote(setId)} AND AssigneeId = ${quote(String(user.user_id))}`
  const rows = await client.query(`SELECT Id FROM PermissionSetAssignment WHERE ${where}`)
  if (rows.length > 0) return { ...step, state: 'present' }
  if (!apply) return step
  await client.post('/sobjects/PermissionSetAssignment', { PermissionSetId: setId, AssigneeId: user.user_id })
  return { ...step, state: 'created' }
}
