import { createStore } from '../../src/store/index.ts'
import { describeStore } from '../store/store-suite.ts'
import { emptyDatabase } from './empty-database.ts'

describeStore('D1', async () => createStore(await emptyDatabase()))
