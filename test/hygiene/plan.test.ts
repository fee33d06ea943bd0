import { expect, test } from 'vitest'
import { applyHygiene, type HygieneOperation, planHygieneUndo } from '../../src/engine/hygiene/index.ts'
import type { World } from '../engine/support.ts'
import { addressOf, contactValues, daysAgo, PLACES, seedClean } from './company.ts'
import { plantDefects } from './defects.ts'
import { type Crm, look, SIGNAL, seeded } from './world.ts'

async function planted(crm: Crm) {
  const { w, s, clock } = await seeded(crm)
  const made = seedClean(s, clock)
  const { ids } = plantDefects(s, clock, made)
  clock.now = clock.end
  const { plan } = await look(w, crm)
  const of = (kind: HygieneOperation['kind'], id: string) =>
    plan.operations.find((operation) => operation.kind === kind && operation.crmId === id)
  return { w, s, clock, made, ids, plan, of }
}

async function apply(w: World, plan: Parameters<typeof applyHygiene>[1], run = 'run_h') {
  await w.store.control.saveRun({
    id: run,
    kind: 'hygiene',
    scope: plan.destination,
    startedAt: w.clock.now(),
    state: 'running',
    counts: {},
  })
  return applyHygiene(w.engine.deps, plan, { signal: SIGNAL, run })
}

test.each<Crm>(['salesforce', 'hubspot'])(
  '%s: looking changes nothing, applying what was planned',
  async (crm) => {
    const { w, s, clock, ids, plan, of } = await planted(crm)
    const sandbox = w.sandboxes[crm]
    const before = JSON.stringify(sandbox.snapshot())
    await look(w, crm)
    expect(JSON.stringify(sandbox.snapshot())).toBe(before)

    expect(of('standardise', ids['phone.national']!)).toMatchObject({ checks: ['phone.national'] })
    const applied = await apply(w, plan)
    expect(applied).toMatchObject({ stale: [], failed: [], already: 0 })
    const { task: _task, merge, ...others } = plan.totals
    expect(applied.done).toEqual({ ...others, merge })
    const phone = s.record('contact', ids['phone.national']!)!
    expect(phone[crm === 'salesforce' ? 'Phone' : 'phone']).toBe('+493090182977')
    const shouted = s.record('contact', ids['name.capitals']!)!
    expect(Object.values(shouted)).toContain('van der Meer-Örtel')
    expect(Object.values(s.record('contact', ids.small!)!)).toEqual(
      expect.arrayContaining(['Mireille', "D'Arcourt"]),
    )
    // What has neither contacts nor deals goes; what has a contact stays.
    expect(s.record('account', ids['account.dead']!)).toBeUndefined()
    expect(s.record('account', ids.forgotten!)).toBeDefined()

    clock.now += 1000
    const after = await look(w, crm)
    // Of what a plan can put right nothing is left but what somebody else must do.
    expect(after.plan.operations.filter(({ kind }) => kind !== 'task')).toEqual([])
    const again = await apply(w, plan, 'run_again')
    expect(again.done).toEqual({ standardise: 0, reassign: 0, archive: 0, merge: 0 })
  },
)

test('HubSpot: records entered twice become one, and what was theirs is its', async () => {
  const { w, s, ids, plan, made } = await planted('hubspot')
  const merges = plan.operations.filter(({ kind }) => kind === 'merge')
  expect(merges.map(({ object }) => object).sort()).toEqual(['companies', 'contacts', 'contacts', 'deals'])
  await apply(w, { ...plan, operations: merges })
  const [known, yulia] = ids['duplicate.certain contact']!.split(' ')
  expect(s.record('contact', yulia!)).toEqual(s.record('contact', known!))
  const spree = ids['duplicate.certain account']!.split(' ')
  const [survivor] = new Set(spree.map((id) => w.sandboxes.hubspot.record('companies', id)!.id))
  const associated = w.sandboxes.hubspot
    .associations()
    .filter((line) => line.includes(`companies ${survivor}`))
  for (const contact of made.contacts[0]!) expect(associated.join()).toContain(`contacts ${contact}`)
})

test('HubSpot: a merge that makes a third record goes on with that, also after it was cut short', async () => {
  const { w, s, clock } = await seeded('hubspot', { hubspot: { mergeIntoNewId: true } })
  const made = seedClean(s, clock)
  clock.now = clock.end
  const { phone, ...ada } = contactValues(PLACES[6]!, 0)
  const again = (email: string) =>
    s.create('contact', { ...ada, phone: phone!, email, owner: made.owner }, { account: made.accounts[6]! })
  const all = [made.contacts[6]![0]!, again('m.p@aigaio-shipping.gr'), again('maria@aigaio-shipping.gr')]
  const { plan } = await look(w, 'hubspot')
  expect(plan.operations).toMatchObject([{ kind: 'merge', losers: [expect.any(String), expect.any(String)] }])
  const { hubspot } = w.sandboxes
  let merges = 0
  hubspot.fail({
    kind: 'lost_before',
    times: Number.POSITIVE_INFINITY,
    matches: ({ url }) => url.endsWith('/merge') && ++merges === 2,
  })
  await expect(apply(w, plan)).rejects.toMatchObject({ kind: 'transient' })
  const rest = await apply(w, plan, 'run_rest')
  expect(rest).toMatchObject({ stale: [], failed: [], done: { merge: 1 } })
  expect(new Set(all.map((id) => hubspot.record('contacts', id)!.id)).size).toBe(1)
  expect((await apply(w, plan, 'run_again')).already).toBe(1)
  expect((await look(w, 'hubspot')).findings).toEqual([])
})

test('Salesforce: merges are for a person, and the plan says why', async () => {
  const { plan, ids } = await planted('salesforce')
  expect(plan.totals.merge).toBe(0)
  const tasks = plan.operations.filter((operation) => operation.kind === 'task')
  expect(tasks.length).toBeGreaterThanOrEqual(5)
  for (const { why } of tasks) expect(why).not.toBe('')
  const [known, yulia] = ids['duplicate.certain contact']!.split(' ')
  const own = tasks.find(({ crmId }) => crmId === known || crmId === yulia)!
  expect(own).toMatchObject({
    what: `merge into ${own.crmId}`,
    why: expect.stringContaining('REST has no call'),
  })
  expect(tasks.find(({ object }) => object === 'Lead')!.what).toMatch(/^to be converted into Contact 003/)
})

test('what somebody has changed since the plan was made is not sent', async () => {
  const { w, s, ids, plan } = await planted('hubspot')
  const contact = ids['phone.national']!
  s.edit('contact', contact, { phone: '+49 30 111 222 33' })
  w.sandboxes.hubspot.remove('contacts', ids['email.placeholder']!)
  s.create('contact', { email: 'new@kestrel-werke.de', last_name: 'New' }, { account: ids['account.dead']! })
  const [known, yulia] = ids['duplicate.certain contact']!.split(' ')
  s.edit('contact', yulia!, { last_name: 'Somebody else' })
  const applied = await apply(w, plan)
  expect(applied.failed).toEqual([])
  expect(applied.stale.map(({ id }) => id).sort()).toEqual(
    [
      `archive companies ${ids['account.dead']}`,
      `standardise contacts ${contact}`,
      `standardise contacts ${ids['email.placeholder']}`,
      plan.operations.find(({ kind, crmId }) => kind === 'merge' && [known, yulia].includes(crmId))!.id,
    ].sort(),
  )
  expect(applied.stale.find(({ id }) => id.includes(contact))!.why).toContain('+49 30 111 222 33')
  expect(s.record('contact', contact)!.phone).toBe('+49 30 111 222 33')
})

test.each<Crm>(['salesforce', 'hubspot'])(
  '%s: an undo brings back what can be, and lists the rest',
  async (crm) => {
    const { w, s, ids, plan } = await planted(crm)
    const fields = plan.operations.filter((o) => o.kind === 'standardise' || o.kind === 'reassign')
    const before = new Map(
      fields.map(({ object, crmId }) => [crmId, JSON.stringify(valuesOf(w, crm, object, crmId))]),
    )
    await apply(w, {
      ...plan,
      operations: [...fields, ...plan.operations.filter((o) => o.kind === 'archive')],
    })
    s.edit('contact', ids.small!, { first_name: 'Mireille-Anne' })
    const back = await planHygieneUndo(w.engine.deps, { run: 'run_h' })
    expect(back.totals.task).toBe(plan.totals.archive)
    const undone = await apply(w, back, 'run_back')
    // A person has been at one of them since.
    expect(undone.stale.map(({ id }) => id)).toEqual([`standardise ${s.objectOf('contact')} ${ids.small}`])
    // Salesforce gives no record back to somebody who is not active.
    expect([...new Set(undone.failed.map(({ error }) => error.vendorCode))]).toEqual(
      crm === 'salesforce' ? ['INACTIVE_OWNER_OR_USER'] : [],
    )
    const refused = undone.failed.map(({ id }) => id.replace(/^\w+ /, ''))
    const left = new Set([`${s.objectOf('contact')} ${ids.small}`, ...refused])
    for (const { object, crmId } of fields)
      if (!left.has(`${object} ${crmId}`))
        expect(JSON.stringify(valuesOf(w, crm, object, crmId))).toBe(before.get(crmId))
    // An undo is a run like any other.
    const forth = await planHygieneUndo(w.engine.deps, { run: 'run_back' })
    expect(forth.totals.standardise + forth.totals.reassign).toBe(fields.length - 1 - refused.length)
  },
)

test.each<Crm>(['salesforce', 'hubspot'])(
  '%s: what was written before an answer was lost goes back all the same',
  async (crm) => {
    const { w, s, ids, plan } = await planted(crm)
    let isLost = true
    const phone = plan.operations.filter(({ crmId }) => crmId === ids['phone.national'])
    const field = crm === 'salesforce' ? 'Phone' : 'phone'
    w.sandboxes[crm].fail({
      kind: 'lost_after',
      times: Number.POSITIVE_INFINITY,
      matches: ({ method, url }) =>
        isLost && (crm === 'salesforce' ? method === 'PATCH' : url.endsWith('/contacts/batch/update')),
    })
    const applied = await apply(w, { ...plan, operations: phone })
    expect(applied.failed.map(({ error }) => error.kind)).toEqual(['transient'])
    expect(s.record('contact', ids['phone.national']!)![field]).toBe('+493090182977')
    isLost = false
    const back = await planHygieneUndo(w.engine.deps, { run: 'run_h' })
    expect((await apply(w, back, 'run_back')).done.standardise).toBe(1)
    expect(s.record('contact', ids['phone.national']!)![field]).toBe('030 9018 2977')
  },
)

test('an undo of one field leaves the others', async () => {
  const { w, s, ids, plan } = await planted('salesforce')
  await apply(w, plan)
  const back = await planHygieneUndo(w.engine.deps, { run: 'run_h', only: ['LastName'] })
  await apply(w, back, 'run_back')
  expect(s.record('contact', ids['name.capitals']!)).toMatchObject({
    LastName: 'VAN DER MEER-ÖRTEL',
    FirstName: 'Henriette',
  })
})

test.each<Crm>(['salesforce', 'hubspot'])(
  '%s: a contact of nobody is given to the one company that has its domain, and taken back',
  async (crm) => {
    const { w, s, clock } = await seeded(crm)
    const made = seedClean(s, clock)
    daysAgo(clock, 20)
    const place = PLACES[4]!
    const orphan = s.create('contact', {
      first_name: 'Zainab',
      last_name: 'Qureshi',
      email: `zainab@${place.domain}`,
      phone: '+92 42 3576 1299',
      title: 'Buyer',
      owner: made.owner,
      ...addressOf(place),
    })
    clock.now = clock.end
    const companyOf = () =>
      crm === 'salesforce'
        ? w.sandboxes.salesforce.record('Contact', orphan)!.AccountId
        : w.sandboxes.hubspot.associations().find((line) => line.includes(`contacts ${orphan}`))
    const { plan } = await look(w, crm)
    expect(plan.totals).toEqual({ standardise: 0, reassign: 1, archive: 0, merge: 0, task: 0 })
    await apply(w, plan)
    expect(String(companyOf())).toContain(made.accounts[4])
    expect((await look(w, crm)).findings).toEqual([])
    const back = await planHygieneUndo(w.engine.deps, { run: 'run_h' })
    const undone = await apply(w, back, 'run_back')
    expect(undone.done.reassign).toBe(1)
    expect(companyOf()).toBeUndefined()
  },
)

test('whoever has gone leaves their records to the owner of the account, or to who is named', async () => {
  const { w, ids, made } = await planted('salesforce')
  const ownerOf = (object: string, id: string) => w.sandboxes.salesforce.record(object, id)!.OwnerId
  const { plan } = await look(w, 'salesforce', { settings: { reassignTo: made.owners.second } })
  await apply(w, plan)
  const account = plan.operations.filter(({ kind, object }) => kind === 'reassign' && object === 'Account')
  expect(account).toHaveLength(1)
  expect(ownerOf('Account', account[0]!.crmId)).toBe(made.owners.second)
  const deal = plan.operations.find(({ kind, object }) => kind === 'reassign' && object === 'Opportunity')!
  expect(ownerOf('Opportunity', deal.crmId)).toBe(made.owner)
  expect(ids['owner.inactive deal']).toBe(deal.crmId)
})

function valuesOf(w: World, crm: Crm, object: string, id: string): unknown {
  if (crm === 'hubspot') return Object.entries(w.sandboxes.hubspot.record(object, id)!.properties).sort()
  const { LastModifiedDate, LastModifiedById, SystemModstamp, ...values } = w.sandboxes.salesforce.record(
    object,
    id,
  )!
  return Object.fromEntries(Object.entries(values).sort())
}
