import { describeBroken } from './broken.shared.ts'

describeBroken()
