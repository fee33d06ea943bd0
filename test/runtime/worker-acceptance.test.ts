import { describeAcceptance } from '../acceptance/acceptance.shared.ts'
import { describeBroken } from '../acceptance/broken.shared.ts'

describeAcceptance()
describeBroken()
