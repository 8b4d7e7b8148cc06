// The folder table of docs/design.md as data: what each folder is for and what it may import.

export interface Folder {
  readonly sentence: string
  readonly mayImport: readonly string[]
  /** Folders whose types alone may be used. */
  readonly typesOf?: readonly string[]
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
  telemetry: { sentence: 'logger and metrics registry', mayImport: [] },
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
    typesOf: ['apply'],
    packages: [],
  },
  observe: {
    sentence: 'what the world says: wan/ (stun, http, interface, quorum), health/ (probes)',
    mayImport: ['model', 'wire', 'telemetry'],
  },
  providers: {
    sentence: 'where records live: the port, ownership registries, one folder per provider',
    mayImport: ['model', 'wire', 'telemetry'],
    typesOf: ['plan'],
  },
  apply: {
    sentence: 'the zone worker that carries plans out',
    mayImport: ['model', 'plan', 'telemetry', 'providers'],
  },
  store: {
    sentence: 'the port to resources and nodes: list, watch, write status, finalizers, events, secrets',
    mayImport: ['model', 'api', 'telemetry'],
  },
  reconcile: {
    sentence: 'one controller per kind: a scope and a list of steps joining the parts',
    mayImport: [
      ...['model', 'wire', 'telemetry', 'api', 'desired', 'plan', 'status'],
      ...['observe', 'providers', 'apply', 'store'],
    ],
  },
  dns: {
    sentence: 'the built-in authoritative server and its zone store, zone transfer',
    mayImport: ['model', 'wire', 'telemetry'],
  },
  serve: {
    sentence: 'HTTP: health, metrics, status page, plain WAN address, read-only kubectl view, Git webhook',
    mayImport: ['model', 'api', 'telemetry'],
    typesOf: ['store', 'providers', 'apply', 'observe'],
  },
  config: { sentence: 'flags, environment and file → one validated frozen value', mayImport: ['model'] },
  cli: {
    sentence: 'commands and the composition root: the only place that builds things and hands ports in',
    mayImport: [
      ...['model', 'wire', 'telemetry', 'api', 'desired', 'plan', 'status', 'observe', 'providers'],
      ...['apply', 'store', 'reconcile', 'dns', 'serve', 'config'],
    ],
  },
}

/** They take values and return values: no clock, no chance, no input or output, no logger. */
export const PURE_FOLDERS = ['model', 'api', 'desired', 'plan', 'status'] as const
