import { parentPort, workerData } from 'node:worker_threads'
import { HubError } from '#kit'
import { type ReadCsvRequest, readCsv } from '../../connectors/csv/read-csv.ts'

/** A thread of its own, started by `read-beside.ts`: answers what `readCsv` does, or which of its errors it throws. */
try {
  parentPort!.postMessage({ result: readCsv(workerData as ReadCsvRequest) })
} catch (error) {
  if (!(error instanceof HubError)) throw error
  parentPort!.postMessage({ error: { code: error.code, message: error.message } })
}
