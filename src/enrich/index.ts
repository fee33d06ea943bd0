export * from './answer.ts'
export * from './answer-stream.ts'
export * from './waterfall.ts'
