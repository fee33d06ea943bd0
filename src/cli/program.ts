import { Command, CommanderError } from 'commander'
import { ConfigError } from '#kit'
import type { CommandInput } from './command.ts'
import { readEnvironment } from './environment.ts'
import { MAP_OPTION } from './map-option.ts'
import { createOutput, describeError, EXIT, exitCodeOf, printError } from './output.ts'

interface Globals {
  config?: string
  json?: boolean
}

type Action<O> = (input: CommandInput<O>) => Promise<number>

/** Runs one command line (without node and script) and returns its exit code; nothing is thrown. */
export async function runCli(argv: string[]): Promise<number> {
  let exitCode: number = EXIT.done
  const program = createProgram((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done
    // Without a command the list of commands is the answer.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    const shown = error instanceof CommanderError ? usageError(error) : error
    if (argv.includes('--json')) printError(shown)
    process.stderr.write(`${describeError(shown)}\n`)
    return exitCodeOf(shown)
  }
}

/** `error: unknown command 'stats'\n(Did you mean status?)` */
const usageError = ({ message }: CommanderError): ConfigError =>
  new ConfigError('cli.usage', message.replace(/^error: /, '').replaceAll('\n', ' '))

function createProgram(onEnd: (exitCode: number) => void): Command {
  /** Commands are loaded when called: `check` must not pay for the server. */
  const action =
    <O>(load: () => Promise<Action<O>>) =>
    async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command
      const options = command.optsWithGlobals<Globals & O>()
      const environment = readEnvironment(options.config ? { config: options.config } : {})
      const run = await load()
      onEnd(
        await run({ environment, output: createOutput(options.json ?? false), args: command.args, options }),
      )
    }

  const program = new Command('tributary')
    .description('Touchpoints and billing in, a true CRM out.')
    .option('-c, --config <file>', 'configuration file (TRIBUTARY_CONFIG)')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 something failed, 2 usage or configuration, 3 the plan exceeds its thresholds',
    )
    .configureOutput({ outputError: () => {} })
    .exitOverride()

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
    .description(
      'validate configuration and mappings, run mapping tests; --online also asks vendors and CRMs',
    )
    .option('--online', 'prove credentials and compare mapped fields with the CRM')
    .action(action(async () => (await import('./check.ts')).check))
  program
    .command('connect <connection>')
    .description('let the owner of an account agree in a browser, and keep what that is worth')
    .option('--port <number>', 'of the address the vendor sends the browser back to', '8788')
    .option('--no-browser', 'only print the address')
    .action(action(async () => (await import('./connect.ts')).connect))
  program
    .command('keys <new|rotate>')
    .description('a key for stored credentials, or move them from TRIBUTARY_OLD_KEYS to TRIBUTARY_KEY')
    .action(action(async () => (await import('./keys.ts')).keys))
  program
    .command('test')
    .description('run the tests of the mapping files, then stored records through them: what would change')
    .option('--since <duration>', 'whoever was heard of in this time', '30d')
    .option('--mapping <file>', 'only this file; one from elsewhere takes the place of its like')
    .option('--limit <number>', 'at most so many people, accounts and quotes each')
    .action(action(async () => (await import('./test.ts')).test))
  program
    .command('forecast')
    .description("what timeline entries cost of the CRMs' daily API calls, also of rules that are off")
    .option('--online', 'ask the CRMs for their daily limit')
    .action(action(async () => (await import('./forecast.ts')).forecast))
  program
    .command('schema')
    .description('the JSON Schema of mapping files, for editors')
    .action(action(async () => (await import('./schema.ts')).schema))
  program
    .command('pull [scope]')
    .description('read what changed at the sources: all, a connection, or connection/stream')
    .option('--full', 'read everything again; one that was interrupted goes on')
    .option('--restart', 'with --full: from the beginning')
    .action(action(async () => (await import('./pull.ts')).pull))
  program
    .command('import <file>')
    .description('read a CSV file of customers, contacts, invoices, quotes or firmographics')
    .requiredOption('--as <kind>', 'customers | contacts | invoices | quotes')
    .option('--connection <name>', 'csv connection that it belongs to', 'csv')
    .option(...MAP_OPTION)
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
    .option('--accept', 'also what is above the thresholds')
    .action(action(async () => (await import('./apply.ts')).apply))
  program
    .command('setup <connection>')
    .description('show the fields that a CRM lacks; --apply creates them')
    .option('--apply', 'create what is missing')
    .action(action(async () => (await import('./setup.ts')).setup))
  program
    .command('audit [destination]')
    .description('compare what the CRMs hold with what was written')
    .option('--heal', 'let the next plan write what was accepted and not stored')
    .option('--out <file>', 'with --heal: keep a plan of just that for apply')
    .action(action(async () => (await import('./audit.ts')).audit))
  program
    .command('hygiene <destination>')
    .description('check every record of a CRM, also those that are not ours: grade, issues, examples')
    .option('--out <file>', 'keep a plan of what can be put right, for apply')
    .option('--list <file>', 'write every issue to a file, one JSON a line')
    .option('--only <checks>', 'only these checks or families of them, separated by commas')
    .option('--without <checks>', 'all but these')
    .option('--fields', 'also how far each field is filled, and when it was last used')
    .option('--yearly-decay <percent>', 'share of records that are out of date after a year', '25')
    .option('--reassign-to <email>', 'user who gets what nobody active owns')
    .action(action(async () => (await import('./hygiene.ts')).hygiene))
  program
    .command('undo <run>')
    .description('take back what a run wrote, where the CRM still holds it')
    .option('--only <fields>', 'only these CRM fields, separated by commas')
    .option('--delete-created', 'also move records that the run created to the recycle bin of the CRM')
    .option('--dry-run', 'show only what would go back')
    .option('--out <file>', 'keep the plan for apply')
    .action(action(async () => (await import('./undo.ts')).undo))
  program
    .command('why <destination> <object> <id> [field]')
    .description('why a CRM record holds what it holds; the id is its CRM id, external id or our entity id')
    .action(action(async () => (await import('./why.ts')).why))
  program
    .command('quarantine [action] [ids...]')
    .description('fields where somebody in the CRM and Tributary disagree; quarantine accept <id>, keep <id>')
    .option('--limit <number>', 'conflicts listed', '50')
    .action(action(async () => (await import('./quarantine.ts')).quarantine))
  program
    .command('holds [action] [scope]')
    .description(
      'what waits for a person: writes above a threshold, deletions of too much; holds release <scope>, drop <scope>',
    )
    .action(action(async () => (await import('./hold.ts')).holds))
  program
    .command('dead [action] [id]')
    .description('what was set aside, by reason; dead show <id>: what was sent and what came back')
    .option('--stage <stage>', 'receipt | record | operation')
    .option('--code <code>', 'only this error code')
    .option('--limit <number>', 'ids listed', '50')
    .action(action(async () => (await import('./dead.ts')).dead))
  program
    .command('replay')
    .description('run receipts, records and operations again, from what is stored now')
    .option('--dead', 'everything that was set aside or is held')
    .option('--code <code>', 'what failed with this error code')
    .option('--run <id>', 'what this run stored or sent')
    .option('--receipt <id>', 'one receipt')
    .option('--record <id>', 'one record: connection/stream/key')
    .option('--operation <id>', 'the CRM record of one operation')
    .option('--dry-run', 'say only what would be replayed')
    .action(action(async () => (await import('./replay.ts')).replay))
  program
    .command('match <action> [args...]')
    .description(
      'people and companies that are probably the same: match review, accept <pair>, reject <pair>, reopen <pair>, unmerge <id>; match evaluate <files>: how well matching does on labelled CSV files',
    )
    .option('--limit <number>', 'pairs listed', '50')
    .option('--kind <kind>', 'pairs of person or account only')
    .option('--entity <column>', 'who each record really is')
    .option('--entity-pattern <regex>', 'part of that column which says it')
    .option(...MAP_OPTION)
    .option('--country <code>', 'of records without one')
    .option('--across', 'each file holds nobody twice: compare across files only')
    .action(action(async () => (await import('./match.ts')).match))
  program
    .command('accounts <action>')
    .description(
      'accounts review: people whose employer has a name that does not tell which account is meant',
    )
    .option('--limit <number>', 'people listed', '50')
    .action(action(async () => (await import('./accounts.ts')).accounts))
  program
    .command('discover <connection>')
    .description(
      'the streams of a connection: how many records, how fresh, how complete, how many identified',
    )
    .option('--live', 'also read the first page of each stream at the vendor; nothing of it is stored')
    .option('--fields', 'list every field')
    .option('--accept', 'from now on, expect the records as they are: pulls that were stopped go on')
    .action(action(async () => (await import('./discover.ts')).discoverConnection))
  program
    .command('runs [scope]')
    .description(
      'what ran and what it brought, newest first: of all, of a connection, or of connection/stream',
    )
    .option('--kind <kind>', 'pull | import | deliver | apply | replay | undo | audit | hygiene')
    .option('--failed', 'only those that failed')
    .option('--limit <number>', 'runs listed', '20')
    .action(action(async () => (await import('./runs.ts')).runs))
  program
    .command('status')
    .description('what is stored, pending and failed')
    .action(action(async () => (await import('./status.ts')).status))
  program
    .command('new <connector>')
    .description('a connector to start from: folder, fixtures that pass, its line in the registry')
    .option('--title <text>', 'how the vendor writes its name')
    .option('--base-url <url>', 'address of its API')
    .action(action(async () => (await import('./new.ts')).newConnector))
  return program
}
