/**
 * Every error a user can meet: stable code → what it means and how it is fixed. `docs/errors.md` is generated from it.
 * Codes are `area.reason`; once released, a code keeps its meaning.
 */
export const ERROR_CATALOGUE = {
  'cli.usage': {
    title: 'The command line is not understood',
    fix: 'Correct the word named in the message; tributary help <command> shows what a command takes.',
  },
  'config.file_missing': {
    title: 'Configuration file not found or not readable',
    fix: 'Create tributary.yaml (copy tributary.example.yaml) or pass --config.',
  },
  'config.invalid': {
    title: 'Configuration is not valid',
    fix: 'Correct the key named in the message; docs/configuration.md lists all keys.',
  },
  'config.unknown_key': {
    title: 'Unknown configuration key',
    fix: 'Remove the key or correct its spelling; the message names the nearest known key.',
  },
  'config.env_missing': {
    title: 'Environment variable is not set',
    fix: 'Export the variable named in the message, or remove the ${…} reference.',
  },
  'config.secret_inline': {
    title: 'Secret written into the configuration file',
    fix: 'Put the secret into an environment variable and refer to it as ${NAME}.',
  },
  'config.unknown_connector': {
    title: 'Unknown connector',
    fix: 'Use one of the connectors listed in docs/connectors.md.',
  },
  'config.unknown_connection': {
    title: 'Unknown connection',
    fix: 'Use a name under connections: in tributary.yaml.',
  },
  'config.admin_token_missing': {
    title: 'Refusing to listen beyond loopback without an admin token',
    fix: 'Set TRIBUTARY_ADMIN_TOKEN to a long random value, or unset HOST.',
  },
  'config.rejected': {
    title: 'The vendor rejected the connection settings',
    fix: 'Check account, permissions and API version of the connection.',
  },
  'mapping.syntax': {
    title: 'Mapping file does not parse',
    fix: 'Correct the place named by file:line:column.',
  },
  'mapping.unknown_name': {
    title: 'Unknown name in a mapping expression',
    fix: 'Use one of the nearest names in the message, or see docs/mappings.md.',
  },
  'mapping.unknown_function': {
    title: 'Unknown function in a mapping expression',
    fix: 'See the list of functions in docs/mappings.md.',
  },
  'mapping.type': {
    title: 'Mapping expression has the wrong type',
    fix: 'Convert the value with a function of the expected type.',
  },
  'mapping.unknown_key': {
    title: 'Unknown key in a mapping file',
    fix: 'Remove the key or correct its spelling.',
  },
  'mapping.duplicate': {
    title: 'Two mapping files, keys or rules claim the same thing',
    fix: 'Keep one of the places named in the message.',
  },
  'mapping.unknown_field': {
    title: 'The CRM has no such field',
    fix: 'Create the field in the CRM or correct its name in the mapping; the message lists near names.',
  },
  'mapping.field_not_writable': {
    title: 'The CRM field is not writable',
    fix: 'Map to another field or grant field access to the integration user.',
  },
  'mapping.required': {
    title: 'A field that the CRM requires is not mapped, or may have no value',
    fix: 'Map the field and end its expression with ?? and a value.',
  },
  'mapping.test_failed': {
    title: 'A test in a mapping file failed',
    fix: 'Correct the mapping or the expectation; the message shows both values.',
  },
  'auth.rejected': {
    title: 'The vendor rejected our credentials',
    fix: 'Issue a new key or reconnect; nothing is sent until then.',
  },
  'auth.forbidden': {
    title: 'The credentials lack a permission',
    fix: 'Grant the scope or permission named in the message.',
  },
  'auth.not_connected': {
    title: 'Nobody has let the hub into this account yet',
    fix: 'Run tributary connect <connection> and agree in the browser.',
  },
  'auth.revoked': {
    title: 'The consent was withdrawn or has ended',
    fix: 'Run tributary connect <connection> and agree once more; nothing is lost meanwhile.',
  },
  'auth.denied': {
    title: 'The owner of the account did not agree',
    fix: 'Begin again and agree to the scopes; the message gives what the vendor said.',
  },
  'auth.state_invalid': {
    title: 'An answer to a consent that was not asked for, or too late',
    fix: 'Begin again: an answer must come within ten minutes.',
  },
  'credential.key_missing': {
    title: 'There is no key to keep credentials with',
    fix: 'Make one with tributary keys new and give it as TRIBUTARY_KEY to every process on this database.',
  },
  'credential.key_unknown': {
    title: 'A credential was sealed with another key',
    fix: 'Give the former key in TRIBUTARY_OLD_KEYS, then run tributary keys rotate; or connect anew.',
  },
  'credential.damaged': {
    title: 'A stored credential cannot be opened',
    fix: 'Run tributary connect <connection> again.',
  },
  'http.rate_limited': {
    title: 'The vendor limits our rate',
    fix: 'Nothing to do: the call is repeated when the vendor allows it.',
  },
  'http.quota_exhausted': {
    title: 'The API quota of the account is used up',
    fix: 'Nothing to do: delivery resumes with the next quota window. Raise the quota or lower its use by other tools.',
  },
  'http.timeout': {
    title: 'The vendor did not answer in time',
    fix: 'Nothing to do: the call is repeated. If it persists, check the vendor status page.',
  },
  'http.network': {
    title: 'The vendor could not be reached',
    fix: 'Check network, proxy and baseUrl of the connection.',
  },
  'http.server_error': {
    title: 'The vendor answered with a server error',
    fix: 'Nothing to do: the call is repeated.',
  },
  'http.unexpected_status': {
    title: 'The vendor refused a request',
    fix: 'See the response excerpt of the delivery; if the request is wrong, report it.',
  },
  'http.unexpected_body': {
    title: 'The vendor answered in an unknown shape',
    fix: 'Check baseUrl and API version; if both are right, report it with the excerpt.',
  },
  'http.aborted': { title: 'The call was stopped', fix: 'Nothing to do: work resumes where it stopped.' },
  'record.invalid': {
    title: 'A source record does not have the expected shape',
    fix: 'See the dead letter: it names the field. Correct the record at its source and replay.',
  },
  'record.rejected': {
    title: 'The CRM rejected one record',
    fix: 'See the dead letter: correct the value or the mapping and replay.',
  },
  'record.not_found': {
    title: 'The CRM record no longer exists',
    fix: 'It was deleted or merged; see docs/delivery.md for how it is found again.',
  },
  'record.converted': {
    title: 'The CRM record became another one',
    fix: 'Nothing to do: somebody converted it, so it is not written any more; the mapping of the new record goes on with that one.',
  },
  'record.duplicate': {
    title: 'The CRM holds another record with the same unique value',
    fix: 'Merge the two records in the CRM, or add a match rule to the mapping.',
  },
  'record.exists': {
    title: 'The CRM holds the record already',
    fix: 'Nothing to do: mode insert never changes what is there. Use mode upsert to adopt such records.',
  },
  'record.ambiguous': {
    title: 'Several CRM records match',
    fix: 'Merge them in the CRM or choose on_multiple in the mapping.',
  },
  'record.no_user': {
    title: 'No active user of the CRM has the e-mail address of an owner',
    fix: 'Add or activate the user in the CRM, or map another address; then replay. on_miss: skip writes such records without an owner.',
  },
  'record.conflict': {
    title: 'Somebody changed a field in the CRM that the mapping holds on a conflict',
    fix: 'Decide in the CRM which value is right; put the old value back and replay to let the mapping write again.',
  },
  'source.drift': {
    title: 'The vendor changed the shape of its records',
    fix: 'Look at the fields that the message names; then tributary discover <connection> --accept goes on, or drift: warn in the configuration.',
  },
  'source.interrupted': {
    title: 'A run was cut off',
    fix: 'Nothing is to be done: what it had read is stored, and the next run goes on there. Where it happens often, look why the process ends.',
  },
  'record.not_stored': {
    title: 'The CRM accepted a value and does not hold it',
    fix: 'Look for a workflow, trigger or field permission in the CRM that sets the field back; then replay, or tributary audit --heal.',
  },
  'record.locked': {
    title: 'The CRM record is locked by another process',
    fix: 'Nothing to do: the operation is repeated.',
  },
  'record.no_result': {
    title: 'The CRM gave no result for a record',
    fix: 'Nothing to do: the upsert is repeated.',
  },
  'admin_rule.validation': {
    title: 'A validation rule of the CRM refused the record',
    fix: 'Satisfy the rule quoted in the message, or change the rule in the CRM.',
  },
  'admin_rule.duplicate': {
    title: 'A duplicate rule of the CRM refused the record',
    fix: 'Merge or link the matching record in the CRM.',
  },
  'admin_rule.owner': {
    title: 'The owner of the record is not an active user of the CRM',
    fix: 'Map the owner to an active user, or activate the user in the CRM.',
  },
  'admin_rule.required': {
    title: 'The CRM requires a field that the mapping leaves empty',
    fix: 'Map the field, or give it a default with ??.',
  },
  'webhook.signature_invalid': {
    title: 'Webhook signature does not match',
    fix: 'Compare the signing secret of the connection with the one shown by the vendor.',
  },
  'webhook.signature_missing': {
    title: 'Webhook is not signed',
    fix: 'Switch signing on at the vendor, or check that a proxy keeps its headers.',
  },
  'webhook.timestamp_stale': {
    title: 'Webhook timestamp is outside the tolerance',
    fix: 'Check the clock of this machine; replayed deliveries are refused on purpose.',
  },
  'webhook.unknown_connection': {
    title: 'No such webhook address',
    fix: 'Compare the path with the connection names in tributary.yaml.',
  },
  'request.malformed_json': {
    title: 'Body is not JSON',
    fix: 'Send valid JSON in UTF-8; the message gives the position.',
  },
  'request.invalid': {
    title: 'Request does not have the expected shape',
    fix: 'Correct the field named in errors[].',
  },
  'request.body_too_large': {
    title: 'Body is too large',
    fix: 'Send at most 32 kB per event and 500 kB per batch.',
  },
  'request.unknown_write_key': {
    title: 'Unknown write key',
    fix: 'Use the writeKey of a website connection in tributary.yaml.',
  },
  'request.unauthorized': {
    title: 'Admin token missing or wrong',
    fix: 'Send Authorization: Bearer <TRIBUTARY_ADMIN_TOKEN>.',
  },
  'request.forbidden_origin': {
    title: 'Request from a foreign Host or Origin',
    fix: 'Call the server under its own address.',
  },
  'request.not_found': { title: 'Not found', fix: 'Check the path; /api/openapi.json lists the API.' },
  'csv.unreadable': {
    title: 'CSV file cannot be read',
    fix: 'Save the sheet as CSV in UTF-8 with one header row.',
  },
  'csv.unknown_kind': {
    title: 'The name of a file does not say what it lists',
    fix: 'Let it begin with customers, contacts, invoices, quotes or firmographics, or name it under files of the connection; then move it back into the folder.',
  },
  'csv.missing_column': {
    title: 'CSV lacks a needed column',
    fix: 'Name the column with --map field=Header.',
  },
  'csv.bad_row': {
    title: 'CSV row skipped',
    fix: 'Correct the row at the named line and import the file again.',
  },
  'store.full': {
    title: 'The disk or database is full',
    fix: 'Free space; nothing acknowledged is lost and work resumes by itself.',
  },
  'store.busy': { title: 'The database is busy', fix: 'Another process holds it; the call is repeated.' },
  'store.unavailable': {
    title: 'The database cannot be opened',
    fix: 'Check DATABASE_URL and the rights on its folder.',
  },
  'server.cannot_listen': {
    title: 'The address cannot be listened on',
    fix: 'Set HOST to an address of this machine and PORT to a free port above 1023.',
  },
  'server.port_in_use': { title: 'The port is in use', fix: 'Stop the other process or set PORT.' },
  'plan.threshold': {
    title: 'The plan exceeds its thresholds',
    fix: 'Review the plan; raise the threshold in tributary.yaml if it is intended.',
  },
  'plan.unreadable': {
    title: 'The plan file cannot be read or written',
    fix: 'Make a plan with tributary plan --out <file>, in a folder that exists, and give that file to apply.',
  },
  'plan.stale': { title: 'The plan no longer matches the records', fix: 'Make a new plan and apply that.' },
  'match.one_already': {
    title: 'They are one person by their identifiers',
    fix: 'Nothing to do. To keep them apart, correct the e-mail address, user id or vendor id that a source gave to both.',
  },
  'match.alone': {
    title: 'Nobody is judged to be the same person',
    fix: 'Look at the identifiers of the person: who shares an e-mail address or a user id is one, and cannot be taken apart.',
  },
  'enrich.budget_spent': {
    title: 'Daily enrichment budget is spent',
    fix: 'Nothing to do: enrichment resumes tomorrow. Raise dailyBudget if it is too low.',
  },
  'enrich.credits_exhausted': {
    title: 'The enrichment provider has no credits left',
    fix: 'Buy credits or remove the provider from the waterfall.',
  },
  'internal.bug': { title: 'Internal error', fix: 'This is a bug; report it with the log line.' },
} as const satisfies Record<string, { title: string; fix: string }>

export type ErrorCode = keyof typeof ERROR_CATALOGUE
