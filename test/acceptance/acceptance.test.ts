import { describeAcceptance } from './acceptance.shared.ts'

describeAcceptance()
