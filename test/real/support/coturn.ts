// A real STUN server for tests: coturn over UDP and TCP on every loopback address.
import { createTempDir } from './leftovers.ts'
import { findFreePort, listLoopbackHosts } from './ports.ts'
import { findOnPath, startServer } from './process.ts'
import { askStun } from './stun-question.ts'

export interface Coturn {
  /** The same for UDP and TCP, and on every host. */
  readonly port: number
  /** The loopback addresses it listens on: 127.0.0.1, and ::1 where this machine has it. */
  readonly hosts: readonly string[]
  readonly pid: number
  readonly stop: () => Promise<void>
}

export async function startCoturn(): Promise<Coturn> {
  const command = findOnPath('turnserver')
  if (command === undefined)
    throw new Error('coturn is missing: install it (Debian: apt-get install coturn) so that turnserver is on the PATH')
  const port = await findFreePort()
  const hosts = listLoopbackHosts()
  const dir = await createTempDir('coturn')
  const server = await startServer({
    name: 'coturn',
    command,
    args: [
      ...['-n', '--stun-only', '--no-cli', '--no-tls', '--no-dtls', '--simple-log', '--log-file=stdout'],
      ...[`--pidfile=${dir.path}/pid`, `--userdb=${dir.path}/users`, `--listening-port=${port}`],
      ...hosts.map((host) => `--listening-ip=${host}`),
    ],
    isReady: async () => {
      for (const host of hosts) await Promise.all([askStun('udp', host, port), askStun('tcp', host, port)])
      return true
    },
  }).catch(async (error: unknown) => {
    await dir.remove()
    throw error
  })
  const stop = async (): Promise<void> => {
    await server.stop()
    await dir.remove()
  }
  return { port, hosts, pid: server.pid, stop }
}
