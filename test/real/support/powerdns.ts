// A real PowerDNS for tests, with its HTTP API and a database of its own.
import { createTempDir } from './leftovers.ts'
import { findFreePort } from './ports.ts'
import { findOnPath, runCommand, startServer } from './process.ts'
import { readFile } from 'node:fs/promises'

const SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql'
const REMEDY = 'install it (Debian: apt-get install pdns-server pdns-backend-sqlite3 sqlite3)'

export interface PowerDns {
  readonly url: string
  readonly apiKey: string
  /** Makes an empty zone whose serial moves with every change by the API. */
  readonly createZone: (zone: string) => Promise<void>
  readonly call: (method: string, path: string, body?: unknown) => Promise<{ status: number; text: string }>
  readonly stop: () => Promise<void>
}

export async function startPowerDns(): Promise<PowerDns> {
  const command = findOnPath('pdns_server')
  const sqlite = findOnPath('sqlite3')
  if (command === undefined || sqlite === undefined) throw new Error(`PowerDNS or sqlite3 is missing: ${REMEDY}`)
  const [dnsPort, apiPort] = [await findFreePort(), await findFreePort()]
  const dir = await createTempDir('powerdns')
  const apiKey = 'powerdns-test-key'
  const url = `http://127.0.0.1:${apiPort}`
  const call: PowerDns['call'] = async (method, path, body) => {
    const answer = await fetch(`${url}/api/v1/servers/localhost/${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, text: await answer.text() }
  }
  const database = `${dir.path}/pdns.sqlite3`
  const made = await runCommand(sqlite, [database], { stdin: await readFile(SCHEMA, 'utf8') })
  if (made.code !== 0) throw new Error(`sqlite3 could not create the database: ${made.stderr}`)
  const server = await startServer({
    name: 'PowerDNS',
    command,
    args: [
      ...[
        `--config-dir=${dir.path}`,
        '--launch=gsqlite3',
        `--gsqlite3-database=${database}`,
        '--guardian=no',
        '--daemon=no',
      ],
      ...['--local-address=127.0.0.1', `--local-port=${dnsPort}`, `--socket-dir=${dir.path}`],
      ...['--api=yes', `--api-key=${apiKey}`, '--webserver=yes', '--webserver-address=127.0.0.1'],
      ...[`--webserver-port=${apiPort}`, '--webserver-allow-from=127.0.0.1', '--disable-syslog=yes'],
    ],
    isReady: async () => (await call('GET', 'zones')).status === 200,
  }).catch(async (error: unknown) => {
    await dir.remove()
    throw error
  })
  return {
    url,
    apiKey,
    call,
    async createZone(zone) {
      const body = { name: `${zone}.`, kind: 'Native', nameservers: ['ns.example.net.'], soa_edit_api: 'DEFAULT' }
      const { status, text } = await call('POST', 'zones', body)
      if (status !== 201) throw new Error(`PowerDNS did not create ${zone}: ${status} ${text}`)
    },
    async stop() {
      await server.stop()
      await dir.remove()
    },
  }
}
