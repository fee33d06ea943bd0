import { describeHub } from './hub.shared.ts'
import { startWorkerHub } from './worker-runtime.ts'

describeHub('workerd', startWorkerHub)
