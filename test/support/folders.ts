// The folder table of docs/design.md as data: what each folder is for and what it may import.

export interface Folder {
  readonly sentence: string
  readonly mayImport: readonly string[]
  /** Folders whose types alone may be used. */
  readonly typesOf?: readonly string[]
  /** The folder of which only these files may be used: its port. */
  readonly portOf?: { readonly folder: string; readonly files: readonly string[] }
  /** The npm packages and Node modules it may use. Undefined: any. */
  readonly packages?: readonly string[]
}

export const FOLDERS: Readonly<Record<string, Folder>> = {
  model: {
    sentence: 'the words of the domain: names, addresses, record sets, owned values, errors',
    mayImport: [],
    packages: ['ipaddr.js', 'node:crypto'],
  },
  wire: { sentence: 'DNS messages, TSIG, stream framing, as bytes', mayImport: ['model'] },
  egress: {
    sentence: 'how connections to providers and the Kubernetes API leave this machine: directly, or through a proxy',
    mayImport: ['model'],
  },
  telemetry: { sentence: 'the log, and the metrics as a table of data', mayImport: [] },
  api: {
    sentence: 'our kinds: generated types, parsing and validation, condition types and reasons',
    mayImport: ['model'],
    packages: ['ajv', '@marcbachmann/cel-js', 'yaml', 'ipaddr.js'],
  },
  desired: {
    sentence: 'resources + nodes + detections + health → contributions → intents',
    mayImport: ['model', 'api'],
    packages: [],
  },
  plan: {
    sentence: 'intents + observed + owner + policy → plan; the safety verdict; plan as text, JSON, Markdown',
    mayImport: ['model'],
    packages: [],
  },
  status: {
    sentence: 'what happened → conditions and status fields',
    mayImport: ['model', 'api', 'plan'],
    packages: [],
  },
  observe: {
    sentence: 'what the world says: `wan/` (STUN, HTTP, interface, quorum), `health/` (probes)',
    mayImport: ['model', 'wire', 'telemetry'],
  },
  providers: {
    sentence: 'where records live: the port, ownership registries, one folder per provider',
    mayImport: ['model', 'wire', 'egress', 'telemetry'],
    typesOf: ['plan'],
  },
  apply: {
    sentence: 'the zone worker that carries plans out',
    mayImport: ['model', 'plan', 'telemetry'],
    portOf: { folder: 'providers', files: ['provider.ts', 'call-gate.ts'] },
  },
  store: {
    sentence: 'the port to resources and nodes; `kube/` and `git/` implement it',
    mayImport: ['model', 'egress', 'api', 'telemetry'],
  },
  reconcile: {
    sentence: 'one controller per kind, joining the parts',
    mayImport: [
      ...['model', 'wire', 'egress', 'telemetry', 'api', 'desired', 'plan', 'status'],
      ...['observe', 'providers', 'apply', 'store'],
    ],
  },
  dns: {
    sentence: 'the built-in authoritative server, zone transfer',
    mayImport: ['model', 'wire', 'telemetry'],
  },
  serve: {
    sentence: 'HTTP: health, metrics, status page, plain WAN address, read-only kubectl view, Git webhook',
    mayImport: ['model', 'api', 'telemetry'],
    typesOf: ['store'],
  },
  config: { sentence: 'flags, environment and file → one validated frozen value', mayImport: ['model'] },
  cli: {
    sentence: 'commands and the composition root: the only place that builds things and hands ports in',
    mayImport: [
      ...['model', 'wire', 'egress', 'telemetry', 'api', 'desired', 'plan', 'status', 'observe', 'providers'],
      ...['apply', 'store', 'reconcile', 'dns', 'serve', 'config'],
    ],
  },
}

/** They take values and return values: no clock, no chance, no input or output, no logger. */
export const PURE_FOLDERS = ['model', 'api', 'desired', 'plan', 'status'] as const
