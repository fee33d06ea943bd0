import { fileURLToPath } from 'node:url'
import { describeHub } from './hub.shared.ts'
import { startNodeHub } from './node-runtime.ts'

describeHub('Node', await startNodeHub(fileURLToPath(new URL('../../mappings', import.meta.url))))
