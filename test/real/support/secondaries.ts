// Real name servers that copy zones from a primary under test, and look again only when it tells them to.
import { startZoneServer, type ServerKey, type ZoneServer, type ZoneServerOptions } from './zone-server.ts'

export interface SecondaryOptions {
  readonly zone: string
  /** On 127.0.0.1. */
  readonly primaryPort: number
  readonly tsigKey: ServerKey
}

/** Resolves once it has copied and serves the zone. */
export function startBindSecondary(options: SecondaryOptions): Promise<ZoneServer> {
  const program = { name: 'BIND', command: 'named', debianPackage: 'bind9', configFile: 'named.conf' }
  const configure = (dir: string, port: number): string => configureBind(dir, port, options)
  return startZoneServer({ ...program, args: ['-g', '-n', '1', '-c'], configure }, serverOptions(options))
}

/** Resolves once it has copied and serves the zone. */
export function startKnotSecondary(options: SecondaryOptions): Promise<ZoneServer> {
  const program = { name: 'Knot', command: 'knotd', debianPackage: 'knot', configFile: 'knot.conf' }
  const configure = (dir: string, port: number): string => configureKnot(dir, port, options)
  return startZoneServer({ ...program, args: ['--config'], configure }, serverOptions(options))
}

function serverOptions({ zone }: SecondaryOptions): ZoneServerOptions {
  return { zones: [{ name: zone }] }
}

function configureBind(dir: string, port: number, { zone, primaryPort, tsigKey }: SecondaryOptions): string {
  const { name, algorithm, secret } = tsigKey
  return [
    'options {',
    `  directory "${dir}"; pid-file "${dir}/named.pid"; session-keyfile "${dir}/session.key"; lock-file none;`,
    `  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };`,
    '  recursion no; dnssec-validation no; notify no;',
    '};',
    'controls { };',
    `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`,
    `zone "${zone}" { type secondary; file "copy"; primaries { 127.0.0.1 port ${primaryPort} key "${name}"; }; };`,
    '',
  ].join('\n')
}

function configureKnot(dir: string, port: number, { zone, primaryPort, tsigKey }: SecondaryOptions): string {
  const { name, algorithm, secret } = tsigKey
  return [
    ...['server:', `  listen: 127.0.0.1@${port}`, `  rundir: ${dir}`, '  udp-workers: 1', '  tcp-workers: 1'],
    ...['log:', '  - target: stderr', '    any: info'],
    ...['database:', `  storage: ${dir}`],
    ...['key:', `  - id: ${name}`, `    algorithm: ${algorithm}`, `    secret: ${secret}`],
    ...['remote:', '  - id: primary', `    address: 127.0.0.1@${primaryPort}`, `    key: ${name}`],
    ...['acl:', '  - id: notices', '    action: notify', `    key: ${name}`],
    ...['template:', '  - id: default', `    storage: ${dir}`, '    file: "copy.zone"'],
    ...['zone:', `  - domain: ${zone}`, '    master: primary', '    acl: notices'],
    '',
  ].join('\n')
}
