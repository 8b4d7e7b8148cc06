// A real BIND for tests: zones that take updates and give transfers, in a temp dir, without privileges.
import { startZoneServer, type ZoneServer, type ZoneServerOptions } from './zone-server.ts'

export function startBind(options: ZoneServerOptions): Promise<ZoneServer> {
  return startZoneServer(
    {
      name: 'BIND',
      command: 'named',
      debianPackage: 'bind9',
      configFile: 'named.conf',
      args: ['-g', '-n', '1', '-c'],
      configure,
    },
    options,
  )
}

function configure(dir: string, port: number, { zones, tsigKey }: ZoneServerOptions): string {
  const allowed = tsigKey === undefined ? '127.0.0.1;' : `key "${tsigKey.name}";`
  const key = tsigKey && `key "${tsigKey.name}" { algorithm ${tsigKey.algorithm}; secret "${tsigKey.secret}"; };`
  return [
    'options {',
    `  directory "${dir}"; pid-file "${dir}/named.pid"; session-keyfile "${dir}/session.key"; lock-file none;`,
    `  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };`,
    // Without this it refuses addresses at names with underscores, which DNS allows.
    '  recursion no; dnssec-validation no; notify no; check-names primary ignore;',
    '};',
    'controls { };',
    key ?? '',
    ...zones.map(
      ({ name, updatePolicy }) =>
        `zone "${name}" { type primary; file "${name}.zone"; ixfr-from-differences yes; ` +
        `${updatePolicy === undefined ? `allow-update { ${allowed} }` : `update-policy { ${updatePolicy} }`}; ` +
        `allow-transfer { ${allowed} }; };`,
    ),
    '',
  ].join('\n')
}
