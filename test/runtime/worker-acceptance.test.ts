import { describeAcceptance } from '../acceptance/acceptance.shared.ts'

describeAcceptance()
