// What BIND and Knot have in common as servers under test: zones from files, a key, and when they are ready.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeMessage } from '../../../src/wire/decode-message.ts'
import { encodeMessage } from '../../../src/wire/encode-message.ts'
import { queryMessage } from '../../../src/wire/query.ts'
import type { TsigAlgorithm } from '../../../src/wire/tsig-key.ts'
import { askDns } from './dns-connection.ts'
import { createTempDir } from './leftovers.ts'
import { findFreePort } from './ports.ts'
import { findOnPath, startServer } from './process.ts'

export interface ServedZone {
  /** Without a trailing dot. */
  readonly name: string
  /** Lines of a zone file besides SOA and NS, with names relative to the zone: `www 60 A 192.0.2.1`. */
  readonly lines?: readonly string[]
  /** BIND's rules of who may update what, in the place of everything for the key. */
  readonly updatePolicy?: string
}

export interface ServerKey {
  readonly name: string
  readonly algorithm: TsigAlgorithm
  /** Base64. */
  readonly secret: string
}

export interface ZoneServerOptions {
  readonly zones: readonly ServedZone[]
  /** What updates and transfers must be signed with. Without one, everybody on this machine may. */
  readonly tsigKey?: ServerKey
}

export interface ZoneServer {
  /** TCP and UDP, on 127.0.0.1. */
  readonly port: number
  readonly pid: number
  /** What it wrote to its log. */
  readonly output: () => string
  readonly stop: () => Promise<void>
}

export interface ZoneServerProgram {
  readonly name: string
  readonly command: string
  /** The Debian package. */
  readonly debianPackage: string
  readonly configFile: string
  readonly args: readonly string[]
  /** The text of its configuration; zone files are `<zone>.zone` in `dir`. */
  readonly configure: (dir: string, port: number, options: ZoneServerOptions) => string
}

export async function startZoneServer(program: ZoneServerProgram, options: ZoneServerOptions): Promise<ZoneServer> {
  const { name, debianPackage } = program
  const command = findOnPath(program.command)
  if (command === undefined) {
    throw new Error(
      `${name} is missing: install it (Debian: apt-get install ${debianPackage}) so that ${program.command} is on the PATH`,
    )
  }
  const port = await findFreePort()
  const dir = await createTempDir(debianPackage)
  const fail = async (error: unknown): Promise<never> => {
    await dir.remove()
    throw error
  }
  await writeFiles(program, options, dir.path, port).catch(fail)
  const args = [...program.args, join(dir.path, program.configFile)]
  const isReady = async (): Promise<boolean> => {
    const served = await Promise.all(options.zones.map((zone) => isServed(port, zone.name)))
    return served.every(Boolean)
  }
  const server = await startServer({ name, command, args, cwd: dir.path, isReady }).catch(fail)
  const stop = async (): Promise<void> => {
    await server.stop()
    await dir.remove()
  }
  return { port, pid: server.pid, output: server.output, stop }
}

async function writeFiles(
  program: ZoneServerProgram,
  options: ZoneServerOptions,
  dir: string,
  port: number,
): Promise<void> {
  await writeFile(join(dir, program.configFile), program.configure(dir, port, options))
  for (const zone of options.zones) await writeFile(join(dir, `${zone.name}.zone`), zoneFile(zone))
}

function zoneFile({ name, lines = [] }: ServedZone): string {
  const head = [`$ORIGIN ${name}.`, '$TTL 60', '@ SOA ns hostmaster 1 3600 600 86400 60', '@ NS ns', 'ns A 127.0.0.1']
  return [...head, ...lines, ''].join('\n')
}

async function isServed(port: number, zone: string): Promise<boolean> {
  const answer = decodeMessage(await askDns(port, encodeMessage(queryMessage(1, zone, 'SOA'))))
  return answer.authoritative && answer.answers.length === 1
}
