// A real Knot DNS for tests: zones that take updates and give transfers, in a temp dir, without privileges.
import { startZoneServer, type ZoneServer, type ZoneServerOptions } from './zone-server.ts'

export function startKnot(options: ZoneServerOptions): Promise<ZoneServer> {
  return startZoneServer(
    {
      name: 'Knot',
      command: 'knotd',
      debianPackage: 'knot',
      configFile: 'knot.conf',
      args: ['--config'],
      configure,
    },
    options,
  )
}

function configure(dir: string, port: number, { zones, tsigKey }: ZoneServerOptions): string {
  const key =
    tsigKey === undefined
      ? []
      : ['key:', `  - id: ${tsigKey.name}`, `    algorithm: ${tsigKey.algorithm}`, `    secret: ${tsigKey.secret}`]
  return [
    ...['server:', `  listen: 127.0.0.1@${port}`, `  rundir: ${dir}`, '  udp-workers: 1', '  tcp-workers: 1'],
    ...['log:', '  - target: stderr', '    any: info'],
    ...['database:', `  storage: ${dir}`],
    ...key,
    ...['acl:', '  - id: writers', '    action: [transfer, update]'],
    tsigKey === undefined ? '    address: 127.0.0.1' : `    key: ${tsigKey.name}`,
    ...['template:', '  - id: default', `    storage: ${dir}`, '    file: "%s.zone"', '    zonefile-sync: -1'],
    ...['    zonefile-load: difference-no-serial', '    journal-content: all'],
    'zone:',
    ...zones.flatMap(({ name }) => [`  - domain: ${name}`, '    acl: writers']),
    '',
  ].join('\n')
}
