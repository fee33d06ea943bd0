import { configFile, mappingFiles } from './embedded.ts'
import { createWorker } from './worker/create-worker.ts'

export type { WorkerEnv, WorkMessage } from './worker/environment.ts'

export default createWorker({ configFile, mappingFiles })
