import type { Clock } from '../../model/clock.ts'
import { TerminalError } from '../../model/errors.ts'
import { LONGEST_CALL_MS } from '../../model/longest-call.ts'
import type { Fqdn } from '../../model/name.ts'
import { parseTsigAlgorithm, parseTsigName, parseTsigSecret, type TsigKey } from '../../wire/tsig-key.ts'
import type { CallGate } from '../call-gate.ts'
import { openTxtSession, type Ownership } from '../ownership/ownership.ts'
import type { Provider } from '../provider.ts'
import { DnsClient } from './dns-client.ts'
import { Rfc2136Zone } from './rfc2136-zone.ts'
import { parseServerAddress } from './server-address.ts'

export interface TsigSecret {
  readonly keyName: string
  readonly secret: string
}

export interface Rfc2136Options {
  readonly server: string
  readonly zones: readonly Fqdn[]
  readonly tsigAlgorithm: string
  /** Undefined: updates go unsigned. Asked for every message. */
  readonly tsig: () => TsigSecret | undefined
  readonly ownership: Ownership
  readonly gate: CallGate
  readonly clock: Clock
  readonly nextId: () => number
  readonly timeoutMs?: number
}

export function createRfc2136Provider(options: Rfc2136Options): Provider {
  const { gate, clock, nextId } = options
  const client = new DnsClient({
    server: parseServerAddress(options.server),
    key: () => parseKey(options.tsig(), options.tsigAlgorithm),
    timeoutMs: options.timeoutMs ?? LONGEST_CALL_MS,
    ...{ gate, clock, nextId },
  })
  return {
    type: 'RFC2136',
    listZones: () => Promise.resolve([...options.zones].sort()),
    async openZone(zone, signal) {
      const raw = new Rfc2136Zone(zone, client)
      await raw.readSerial('Work', signal)
      return openTxtSession(raw, options.ownership)
    },
    close: () => Promise.resolve(),
  }
}

function parseKey(tsig: TsigSecret | undefined, algorithmText: string): TsigKey | undefined {
  if (tsig === undefined) return undefined
  const algorithm = parseTsigAlgorithm(algorithmText)
  if (algorithm === undefined)
    throw new TerminalError('InvalidSpec', `spec.rfc2136.tsigAlgorithm ${algorithmText} is not known`)
  const secret = parseTsigSecret(tsig.secret)
  if (secret === undefined) throw new TerminalError('CredentialsInvalid', '`tsigSecret` in the Secret is not base64')
  const name = parseTsigName(tsig.keyName)
  if (name === undefined) throw new TerminalError('CredentialsInvalid', '`tsigKeyName` in the Secret is not a name')
  return { name, algorithm, secret }
}
