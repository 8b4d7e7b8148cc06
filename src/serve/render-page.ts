// The status page: one HTML text that needs nothing else, follows the reader's light or dark, and renews itself without a script.
import { createHash } from 'node:crypto'
import type { PageRow, PageView } from './page-view.ts'

const STYLE = `
:root { color-scheme: light dark; --faint: #8883; --good: #2a7d3f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --good: #7fd08f; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--faint); padding: .35rem 1rem .35rem 0; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; } code { font-family: ui-monospace, monospace; font-size: .9em; }
small { display: block; opacity: .75; } .True { color: var(--good); } .False { color: var(--bad); }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
} as const

export function renderPage({ records, wanAddresses, providers }: PageView): string {
  const ready = records.filter((record) => record.ready === 'True').length
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="15">
<title>Stoa: ${ready} of ${records.length} ready</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Stoa</h1>
<p>${ready} of ${records.length} records are ready.</p>
${renderTable('Records', ['Record', 'Names', 'Addresses', 'Ready'], records, ({ hostnames, addresses }) => [
  renderCodes(hostnames),
  renderCodes(addresses === '' ? [] : [addresses]),
])}
${renderTable('WAN addresses', ['WAN address', 'Addresses', 'Changed', 'Ready'], wanAddresses, (wan) => [
  renderCodes(wan.addresses),
  escapeHtml(wan.changedAt ?? ''),
])}
${renderTable('Providers', ['Provider', 'Type', 'Zones', 'Ready'], providers, ({ type, zones }) => [
  escapeHtml(type),
  renderCodes(zones),
])}
</body>
</html>
`
}

function renderTable<Row extends PageRow>(
  title: string,
  columns: readonly string[],
  rows: readonly Row[],
  renderMiddle: (row: Row) => readonly string[],
): string {
  if (rows.length === 0) return `<h2>${title}</h2>\n<p>None.</p>`
  const head = columns.map((column) => `<th scope="col">${column}</th>`).join('')
  const body = rows.map((row) => {
    const cells = [`<code>${escapeHtml(row.name)}</code>`, ...renderMiddle(row), renderReady(row)]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  return `<h2>${title}</h2>\n<div class="wide"><table>\n<tr>${head}</tr>\n${body.join('\n')}\n</table></div>`
}

function renderReady({ ready, reason, message }: PageRow): string {
  const text = reason === '' ? ready : `${ready}: ${reason}`
  return `<span class="${ready}">${escapeHtml(text)}</span><small>${escapeHtml(message)}</small>`
}

function renderCodes(texts: readonly string[]): string {
  return texts.map((text) => `<code>${escapeHtml(text)}</code>`).join('<br>')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
