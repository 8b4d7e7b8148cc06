import type { Clock, Random } from '../../model/clock.ts'
import type { HttpPorts } from './http/get-text.ts'
import type { LocalAddress } from './local-addresses.ts'
import type { ResolveName } from './resolve-name.ts'
import type { ServerLists } from './stun/server-lists.ts'

/** What a detection needs of its surroundings; the sockets it opens itself are real. */
export interface DetectPorts extends HttpPorts {
  readonly clock: Clock
  readonly random: Random
  readonly resolveName: ResolveName
  readonly listLocalAddresses: () => readonly LocalAddress[]
  readonly serverLists: Pick<ServerLists, 'load'>
}
