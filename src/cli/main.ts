import { Command, CommanderError } from 'commander'
import { readEnvironment } from './environment.ts'
import { createOutput, describeError, EXIT, exitCodeOf, type Output } from './output.ts'

interface Globals {
  config?: string
  json?: boolean
}

const program = new Command('tributary')
  .description('Touchpoints and billing in, a true CRM out.')
  .option('-c, --config <file>', 'configuration file (TRIBUTARY_CONFIG)')
  .option('--json', 'one JSON document on stdout')
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride()

type Action<O> = (given: {
  environment: ReturnType<typeof readEnvironment>
  output: Output
  args: string[]
  options: O
}) => Promise<number>

/** Commands are loaded when called: `check` must not pay for the server. */
const action =
  <O>(load: () => Promise<Action<O>>) =>
  async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command
    const globals = command.optsWithGlobals<Globals & O>()
    const run = await load()
    process.exitCode = await run({
      environment: readEnvironment(globals.config ? { config: globals.config } : {}),
      output: createOutput(globals.json ?? false),
      args: command.args,
      options: globals,
    })
  }

program
  .command('start')
  .description('run the hub: HTTP server and scheduler')
  .action(action(async () => (await import('./start.ts')).start))
program
  .command('demo')
  .description('hub, vendor simulators and a demo company on this machine')
  .option('--exit', 'end after the summary')
  .option('--fresh', 'forget the state of earlier demos')
  .action(action(async () => (await import('./demo.ts')).demo))
program
  .command('check')
  .description('validate configuration and mappings, run mapping tests; --online also asks vendors and CRMs')
  .option('--online', 'prove credentials and compare mapped fields with the CRM')
  .action(action(async () => (await import('./check.ts')).check))
program
  .command('pull [scope]')
  .description('read what changed at the sources: all, a connection, or connection/stream')
  .option('--full', 'read everything again')
  .action(action(async () => (await import('./pull.ts')).pull))
program
  .command('import <file>')
  .description('read a CSV file of customers, contacts, invoices or quotes')
  .requiredOption('--as <kind>', 'customers | contacts | invoices | quotes')
  .option('--connection <name>', 'csv connection that it belongs to', 'csv')
  .option(
    '--map <field=Header>',
    'column of a field; may be repeated',
    (value: string, all: string[] = []) => [...all, value],
  )
  .option('--currency <code>', 'currency of amounts without one')
  .option('--delimiter <character>', 'column separator, found by itself otherwise')
  .option('--date-format <format>', 'YYYY-MM-DD, DD.MM.YYYY, MM/DD/YYYY, …')
  .option('--dry-run', 'report only')
  .action(action(async () => (await import('./import.ts')).importFile))
program
  .command('plan')
  .description('what would be written to the CRMs now, and why')
  .option('--out <file>', 'keep the plan for apply')
  .action(action(async () => (await import('./plan.ts')).plan))
program
  .command('apply [plan]')
  .description('write to the CRMs: a kept plan, or everything that is pending')
  .action(action(async () => (await import('./apply.ts')).apply))
program
  .command('setup <connection>')
  .description('show the fields that a CRM lacks; --apply creates them')
  .option('--apply', 'create what is missing')
  .action(action(async () => (await import('./setup.ts')).setup))
program
  .command('status')
  .description('what is stored, pending and failed')
  .action(action(async () => (await import('./status.ts')).status))

// `tributary plan | head` closes the pipe early: that is the reader's right, not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT.done)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage
  } else {
    if (process.argv.includes('--json')) {
      const { reportOf } = await import('#kit')
      process.stdout.write(`${JSON.stringify({ error: reportOf(error) }, null, 2)}\n`)
    }
    process.stderr.write(`${describeError(error)}\n`)
    process.exitCode = exitCodeOf(error)
  }
}
