import { Worker } from 'node:worker_threads'
import { ConfigError, type ErrorCode } from '#kit'
import { type ReadCsvRequest, type ReadCsvResult, readCsv } from '../../connectors/csv/read-csv.ts'

/** What is read in less time than a thread takes to start. */
const SMALL_BYTES = 200_000

type Answer = { result: ReadCsvResult } | { error: { code: ErrorCode; message: string } }

/** `readCsv` without keeping anybody waiting: 16 MB take seconds, in which a server would answer nothing. */
export async function readBeside(request: ReadCsvRequest): Promise<ReadCsvResult> {
  if (request.bytes.length <= SMALL_BYTES) return readCsv(request)
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./csv-worker.${extension}`, import.meta.url), { workerData: request })
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`The thread that reads a file ended with ${code}`)))
  })
  if ('result' in answer) return answer.result
  throw new ConfigError(answer.error.code, answer.error.message)
}
