import * as z from 'zod'
import { defineConnector } from '#kit'
import { enricher } from './enricher.ts'

/** Guesses from what is known already: no account, no network, no cost. */
export default defineConnector({
  name: 'inference',
  title: 'Offline inference',
  baseUrl: 'about:inference',
  config: z.object({}),
  auth: { type: 'none' },
  enricher,
})
