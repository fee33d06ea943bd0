// A telephone system with as many calls as are asked for, made as they are read: it costs next to nothing, and forgets.
// It speaks Twilio's list of calls, of which a page holds a thousand.
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { answer } from './rpc.ts'
import { ACCOUNT_SID } from './settings.ts'

const { records } = JSON.parse(process.argv[2] ?? '{}') as { records: number }
const NEWEST = Date.now() - 3_600_000
const path = `/2010-04-01/Accounts/${ACCOUNT_SID}/Calls.json`

function callAt(n: number): string {
  const sid = `CA${n.toString(16).padStart(32, '0')}`
  const at = new Date(NEWEST - n * 25_000).toUTCString().replace('GMT', '+0000')
  // So many people that each calls a hundred times.
  const from = `+4930${5_550_000 + (n % Math.max(1, Math.ceil(records / 100)))}`
  return `{"sid":"${sid}","account_sid":"${ACCOUNT_SID}","parent_call_sid":null,"direction":"inbound","status":"completed","from":"${from}","to":"+493055501001","date_created":"${at}","date_updated":"${at}","start_time":"${at}","end_time":"${at}","duration":"${30 + (n % 900)}","answered_by":null,"price":null,"price_unit":"USD","queue_time":"0","uri":"${path.replace('Calls.json', `Calls/${sid}.json`)}","subresource_uris":{}}`
}

const server = serve({
  fetch(request) {
    const { searchParams } = new URL(request.url)
    const size = Number(searchParams.get('PageSize') ?? 50)
    const begin = Number(searchParams.get('PageToken') ?? 0)
    const end = Math.min(begin + size, records)
    const calls = Array.from({ length: end - begin }, (_, i) => callAt(begin + i)).join(',')
    const next = end < records ? `"${path}?PageSize=${size}&PageToken=${end}"` : 'null'
    return new Response(`{"calls":[${calls}],"next_page_uri":${next}}`, {
      headers: { 'content-type': 'application/json' },
    })
  },
  hostname: '127.0.0.1',
  port: 0,
})

const handlers = {
  url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
}
export type EndlessVendor = typeof handlers
answer(handlers)
