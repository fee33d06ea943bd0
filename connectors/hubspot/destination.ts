import { defineDestination } from '#kit'
import { archive } from './archive.ts'
import { links } from './associations.ts'
import { changes } from './changes.ts'
import type { Config } from './config.ts'
import { inventory } from './inventory.ts'
import { objects } from './objects.ts'
import { describe, stagesOf } from './properties.ts'
import { readDailyLimit } from './quota.ts'
import { find, read } from './read.ts'
import { setup } from './setup.ts'
import { upsert } from './upsert.ts'
import { users } from './users.ts'

export const destination = defineDestination<Config>({
  objects,
  describe,
  read,
  find,
  upsert,
  archive,
  changes,
  stagesOf,
  users,
  links,
  inventory,
  setup,
  quota: readDailyLimit,
})
