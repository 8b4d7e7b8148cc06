// Which of many servers to ask: those written out first, then a random few of the published lists.
import { familyOf, parseIpAddress, type AddressFamily } from '../../../model/address.ts'
import type { Random } from '../../../model/clock.ts'
import type { StunQuestion } from '../detection-spec.ts'
import { shuffle } from '../order-sources.ts'
import { formatStunServer, type StunServer, type StunTransport } from './stun-server.ts'

export type AskableServer = StunServer & { readonly transport: StunTransport }

const TRANSPORTS: readonly StunTransport[] = ['UDP', 'TCP']

export function chooseServers(
  question: StunQuestion,
  listed: readonly StunServer[],
  family: AddressFamily,
  random: Random,
): readonly AskableServer[] {
  return TRANSPORTS.flatMap((transport) => {
    const reachable = (servers: readonly StunServer[]): readonly StunServer[] =>
      servers.filter((server) => couldAnswer(server, family) && listTransports(server, question).includes(transport))
    const preferred = [...shuffle(reachable(question.servers), random), ...shuffle(reachable(listed), random)]
    const byName = new Map(preferred.map((server) => [formatStunServer({ ...server, transport }), server]))
    return [...byName.values()].slice(0, question.maxServers).map((server) => ({ ...server, transport }))
  })
}

function listTransports(server: StunServer, question: StunQuestion): readonly StunTransport[] {
  return server.transport === undefined ? question.transports : [server.transport]
}

/** A name may have addresses of any family; a literal has one. */
function couldAnswer({ host }: StunServer, family: AddressFamily): boolean {
  const literal = parseIpAddress(host)
  return literal === undefined || familyOf(literal) === family
}
