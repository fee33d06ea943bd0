/** Rows of the template in the two tables of docs/connectors.md, after the last row of each. */
export function documentConnector(text: string, name: string): string {
  const lines = text.split('\n')
  insertAfterLast(
    lines,
    /^\| \[`[\w-]+`\]/,
    `| [\`${name}\`](../connectors/${name}/README.md) | source | \`contacts\` | API key |`,
  )
  insertAfterLast(
    lines,
    /^\| `[\w-]+` +\|/,
    `| \`${name}\` | pull; webhooks make it faster | \`contact.*\` | HMAC of timestamp and body, five minutes of tolerance |`,
  )
  return lines.join('\n')
}

function insertAfterLast(lines: string[], row: RegExp, inserted: string): void {
  const at = lines.findLastIndex((line) => row.test(line))
  if (at >= 0) lines.splice(at + 1, 0, inserted)
}
