// Published lists of STUN servers: one `host:port` per line, `#` begins a comment.
import { parseStunServer, type StunServer } from './stun-server.ts'

const MAX_SERVERS = 10_000

/** Lists are other people's: a line that names no server is no reason to drop those that do. */
export function parseServerList(text: string): readonly StunServer[] {
  const lines = text.split('\n').map((line) => bracketed(line.replace(/#.*$/, '').trim()))
  const servers = [...new Set(lines)].map(parseStunServer).filter((server) => server !== undefined)
  return servers.slice(0, MAX_SERVERS)
}

/** Some lists give IPv6 addresses bare, which can only mean the default port. */
function bracketed(line: string): string {
  return /^[0-9a-f:.]+$/i.test(line) && line.split(':').length > 2 ? `[${line}]` : line
}
