import { EXIT } from './output.ts'
import { runCli } from './program.ts'

// `tributary plan | head` closes the pipe early: that is the reader's right, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done)
  throw error
})

process.exitCode = await runCli(process.argv.slice(2))
