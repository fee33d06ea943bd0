import { defineConnector, streamsOf } from '#kit'
import { TABLES } from '../../src/tabular/index.ts'
import { type CsvConfig, csvConfig } from './config.ts'
import { enricher } from './enricher.ts'

const stream = streamsOf<CsvConfig>()
const keyed = { key: ({ key }: { key: string }) => key, lane: 'backfill' as const }

/** Lists from spreadsheets and exports. Rows come from `readCsv` by import; there is nothing to pull. */
export default defineConnector({
  name: 'csv',
  title: 'CSV files',
  baseUrl: 'https://localhost',
  config: csvConfig,
  auth: { type: 'none' },
  streams: {
    customers: stream({ ...keyed, ...TABLES.customers }),
    contacts: stream({ ...keyed, ...TABLES.contacts }),
    invoices: stream({ ...keyed, ...TABLES.invoices }),
    quotes: stream({ ...keyed, ...TABLES.quotes }),
    firmographics: stream({ ...keyed, ...TABLES.firmographics }),
  },
  enricher,
})
