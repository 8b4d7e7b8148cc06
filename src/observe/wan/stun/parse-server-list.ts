// Published lists of STUN servers: one `host:port` per line, `#` begins a comment.
import { parseStunServer, type StunServer } from './stun-server.ts'

export interface ServerList {
  readonly servers: readonly StunServer[]
  /** Lines that name no server. Lists are other people's; a bad line is no reason to drop the good ones. */
  readonly badLines: number
}

const MAX_SERVERS = 10_000

export function parseServerList(text: string): ServerList {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*$/, '').trim())
  const servers: StunServer[] = []
  let badLines = 0
  for (const line of new Set(lines)) {
    if (line === '' || servers.length >= MAX_SERVERS) continue
    const server = parseStunServer(bracketed(line))
    if (server === undefined) badLines += 1
    else servers.push(server)
  }
  return { servers, badLines }
}

/** Some lists give IPv6 addresses bare, which can only mean the default port. */
function bracketed(line: string): string {
  return /^[0-9a-f:.]+$/i.test(line) && line.split(':').length > 2 ? `[${line}]` : line
}
