import * as z from 'zod'
import { askGoogle, ConfigError, type ConnectorContext, type GoogleCredentials, googleOptions } from '#kit'

/** @see https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets */
const Spreadsheet = z.looseObject({
  properties: z.looseObject({ timeZone: z.string().nullish() }).nullish(),
  sheets: z
    .array(
      z.looseObject({
        properties: z.looseObject({
          title: z.string(),
          gridProperties: z.looseObject({ rowCount: z.int().nullish() }).nullish(),
        }),
      }),
    )
    .nullish(),
})
const Ranges = z.looseObject({
  valueRanges: z.array(z.looseObject({ values: z.array(z.array(z.unknown())).nullish() })),
})

type Context = ConnectorContext<GoogleCredentials>

/** Loaded by the first call: the SDK takes longer to load than the rest of the hub, and most hubs have no use for it. */
async function open(ctx: Context) {
  // The default: a bundler gives a CommonJS module that is loaded late no other names.
  const { default: sdk } = await import('googleapis/build/src/apis/sheets/v4.js')
  return new sdk.sheets_v4.Sheets(googleOptions(ctx)).spreadsheets
}

/** `https://docs.google.com/spreadsheets/d/<id>/edit…` or the id itself. */
export const idOf = (spreadsheet: string): string => /\/d\/([\w-]+)/.exec(spreadsheet)?.[1] ?? spreadsheet

/** How many rows a sheet has, and the zone of its times. */
export async function describeSheet(
  ctx: Context,
  table: { spreadsheet: string; sheet: string },
): Promise<{ rows: number; timeZone: string }> {
  const { properties, sheets } = await askGoogle(Spreadsheet, async () =>
    (await open(ctx)).get({
      spreadsheetId: idOf(table.spreadsheet),
      fields: 'properties.timeZone,sheets.properties(title,gridProperties.rowCount)',
    }),
  )
  const titles = (sheets ?? []).map((sheet) => sheet.properties.title)
  const found = sheets?.find((sheet) => sheet.properties.title === table.sheet)
  if (!found) {
    const there = titles.map((title) => `"${title}"`).join(', ')
    throw new ConfigError(
      'config.rejected',
      `There is no sheet "${table.sheet}"; the spreadsheet has ${there || 'none'}`,
    )
  }
  return { rows: found.properties.gridProperties?.rowCount ?? 0, timeZone: properties?.timeZone ?? 'UTC' }
}

/** Quoted as formulas quote them. */
export const placeOf = (sheet: string, cell: string): string =>
  `${/^[A-Za-z_]\w*$/.test(sheet) && !/^[A-Za-z]{1,3}\d+$/.test(sheet) ? sheet : `'${sheet.replaceAll("'", "''")}'`}!${cell}`

/**
 * Rows of a sheet as they are held: numbers as numbers, dates as serial numbers, empty rows and cells at the end left out
 * by Google.
 */
export async function readRows(
  ctx: Context,
  { spreadsheet, sheet }: { spreadsheet: string; sheet: string },
  spans: readonly [first: number, last: number][],
): Promise<unknown[][][]> {
  const { valueRanges } = await askGoogle(Ranges, async () =>
    (await open(ctx)).values.batchGet({
      spreadsheetId: idOf(spreadsheet),
      ranges: spans.map(([first, last]) => placeOf(sheet, `${first}:${last}`)),
      majorDimension: 'ROWS',
      valueRenderOption: 'UNFORMATTED_VALUE',
      dateTimeRenderOption: 'SERIAL_NUMBER',
    }),
  )
  return spans.map((_, index) => valueRanges[index]?.values ?? [])
}
