import { defineDestination, type ObjectSpec } from '#kit'
import { taskOf } from './activity.ts'
import { archive } from './archive.ts'
import { bulk } from './bulk.ts'
import { changes } from './changes.ts'
import type { SalesforceConfig } from './config.ts'
import { caveats, describe } from './describe.ts'
import { inventory } from './inventory.ts'
import { readLimitInfo } from './quota.ts'
import { find, READ_SIZE, read } from './read.ts'
import { setup } from './setup.ts'
import { users } from './users.ts'
import { BATCH_SIZE, upsert } from './write.ts'

const sizes = {
  externalId: 'Tributary_Id__c',
  batchSize: BATCH_SIZE,
  readSize: READ_SIZE,
  ownerField: 'OwnerId',
  modifiedField: 'SystemModstamp',
}

const objects: Record<string, ObjectSpec> = {
  Account: {
    title: 'Account',
    ...sizes,
    rank: 0,
    references: { ParentId: ['Account'] },
    locks: ['ParentId'],
  },
  Contact: {
    title: 'Contact',
    ...sizes,
    rank: 1,
    references: { AccountId: ['Account'] },
    locks: ['AccountId'],
    succeeds: 'Lead',
  },
  Lead: { title: 'Lead', ...sizes, rank: 1 },
  Opportunity: {
    title: 'Opportunity',
    ...sizes,
    rank: 2,
    references: { AccountId: ['Account'] },
    locks: ['AccountId'],
  },
  Task: {
    title: 'Task',
    ...sizes,
    rank: 3,
    references: { WhoId: ['Contact', 'Lead'], WhatId: ['Account', 'Opportunity'] },
    locks: ['WhatId', 'WhoId'],
    activity: taskOf,
  },
}

export const destination = defineDestination<SalesforceConfig>({
  objects,
  describe,
  caveats,
  read,
  find,
  upsert,
  bulk,
  concurrency: (config) => config.writeConcurrency,
  changes,
  users,
  quota: (headers) => readLimitInfo(headers['sforce-limit-info']),
  archive,
  inventory,
  setup,
})
