import * as z from 'zod'
import { defineConnector, googleAccess, googleConfig, streamsOf, userInPath } from '#kit'
import { getProfile, Mail } from './api.ts'
import { contentOf, type GmailConfig, keyOf, map, sentAt } from './map.ts'
import { pullMessages } from './pull.ts'

const config = googleConfig({
  users: z
    .array(z.email())
    .default([])
    .describe('Mailboxes to read, by domain-wide delegation; the own one where none is named'),
  internalDomains: z.array(z.string().min(1)).min(1).describe('E-mail domains of our own company'),
  historyDays: z.int().min(0).max(3650).default(90).describe('How far back the first read goes'),
  subjects: z.boolean().default(false).describe('Whether subjects are read and kept'),
  people: z
    .enum(['known', 'all'])
    .default('known')
    .describe('Whether correspondents become people, or only those who are known otherwise have e-mails'),
})

const SCOPES = ['https://www.googleapis.com/auth/gmail.metadata']

export default defineConnector({
  name: 'gmail',
  title: 'Gmail',
  baseUrl: 'https://gmail.googleapis.com',
  config,
  ...googleAccess<GmailConfig>(SCOPES, userInPath(/\/users\/([^/]+)\//)),
  // 250 quota units a second and mailbox, five for a message.
  limits: { concurrency: 8, intervalCap: 40, intervalMs: 1_000 },
  async check(ctx) {
    await getProfile(ctx, ctx.config.users[0] ?? 'me')
  },
  streams: {
    messages: streamsOf<GmailConfig>()({
      title: 'E-mails',
      record: Mail,
      key: keyOf,
      updatedAt: sentAt,
      content: contentOf,
      lane: 'touchpoint',
      pull: pullMessages,
      map,
    }),
  },
})
