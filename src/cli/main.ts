import { EXIT } from './output.ts'
import { runCli } from './program.ts'

// `tributary plan | head` closes the pipe early: that is the reader's right, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done)
  throw error
})

process.exitCode = await runCli(process.argv.slice(2))
// What nobody waits for any more, as a token that was asked for when the command was stopped, must not keep the process.
process.stdout.write('', () => process.exit())
