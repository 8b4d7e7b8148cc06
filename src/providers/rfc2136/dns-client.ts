// Asks one server, signs what it asks and believes only answers that are signed with the same key.
import type { Clock } from '../../model/clock.ts'
import { adviseOnFailure } from '../../model/describe-failure.ts'
import { TerminalError, TransientError, type ReconcileError } from '../../model/errors.ts'
import { formatHostPort } from '../../model/host-port.ts'
import { receiveMessage, type ReceivedMessage } from '../../wire/decode-message.ts'
import { encodeMessage } from '../../wire/encode-message.ts'
import type { Message } from '../../wire/message.ts'
import type { Rcode } from '../../wire/numbers.ts'
import type { TsigKey } from '../../wire/tsig-key.ts'
import { signMessage } from '../../wire/tsig-sign.ts'
import { TsigStreamVerifier, verifyMessage, type TsigRejection, type TsigVerdict } from '../../wire/tsig-verify.ts'
import type { CallGate, Purpose } from '../call-gate.ts'
import { LostAnswerError } from '../http/http-client.ts'
import { askStream } from './dns-stream.ts'
import type { ServerAddress } from './server-address.ts'

/** A transfer may take so many times as long as the server may be silent: 100,000 records take a few seconds. */
const TRANSFER_PATIENCE = 10

export interface DnsClientOptions {
  readonly server: ServerAddress
  /** Asked for every message, so that a rotated Secret counts at once. Undefined: unsigned. */
  readonly key: () => TsigKey | undefined
  readonly clock: Clock
  /** A message id nobody can guess. */
  readonly nextId: () => number
  readonly gate: CallGate
  readonly timeoutMs: number
}

interface Signed {
  readonly bytes: Uint8Array
  /** Both undefined: unsigned. */
  readonly key: TsigKey | undefined
  readonly mac: Uint8Array | undefined
}

/** An answer whose signature is missing or no good: whatever was asked for may have been done. */
export class UntrustedAnswerError extends TransientError {}

/** What it says is a hint for people, nothing more. */
export class UnsignedAnswerError extends UntrustedAnswerError {
  readonly rcode: Rcode

  constructor(message: string, rcode: Rcode) {
    super('ProviderUnavailable', message)
    this.rcode = rcode
  }
}

export class DnsClient {
  readonly #options: DnsClientOptions

  constructor(options: DnsClientOptions) {
    this.#options = options
  }

  get name(): string {
    const { host, port } = this.#options.server
    return formatHostPort(host, port)
  }

  nextId(): number {
    return this.#options.nextId()
  }

  /** One question, one answer. */
  async ask(message: Message, purpose: Purpose, signal: AbortSignal): Promise<Message> {
    let answer: Message | undefined
    await this.#guarded(message, purpose, signal, ({ key, bytes, mac }) =>
      this.#stream({ bytes, patience: 1 }, signal, (received) => {
        if (!isAnswerTo(message, received.message)) return false
        if (key !== undefined && mac !== undefined) {
          this.#insist(verifyMessage(received, [key], { time: this.#seconds(), requestMac: mac }), received)
        }
        answer = received.message
        return true
      }),
    )
    if (answer === undefined)
      throw new LostAnswerError('ProviderUnavailable', `the name server ${this.name} did not answer`)
    return answer
  }

  /** One question, many answers; `take` says when it has enough. */
  async askMany(message: Message, take: (answer: Message) => boolean, signal: AbortSignal): Promise<void> {
    await this.#guarded(message, 'Work', signal, ({ key, bytes, mac }) => {
      const verifier = key === undefined || mac === undefined ? undefined : new TsigStreamVerifier(key, mac)
      return this.#stream({ bytes, patience: TRANSFER_PATIENCE }, signal, (received) => {
        const verdict = verifier?.accept(received, this.#seconds())
        if (verdict !== undefined && verdict.kind !== 'deferred') this.#insist(verdict, received)
        const enough = take(received.message)
        if (enough && verifier?.settled === false)
          throw this.#unsigned('the last message of the transfer is not signed', received)
        return enough
      })
    })
  }

  #sign(message: Message): Signed {
    const key = this.#options.key()
    const plain = encodeMessage(message)
    if (key === undefined) return { key, bytes: plain, mac: undefined }
    return { key, ...signMessage(plain, key, { time: this.#seconds() }) }
  }

  /** It is signed once it may be sent: a signature that waited for its turn would be too old to the server, and its key maybe another. */
  async #guarded(
    message: Message,
    purpose: Purpose,
    signal: AbortSignal,
    run: (signed: Signed) => Promise<void>,
  ): Promise<void> {
    const { gate } = this.#options
    await gate.admit(purpose, signal)
    const signed = this.#signFor(gate, message)
    try {
      await run(signed)
      gate.settle({ kind: 'answered' })
    } catch (error) {
      gate.settle({ kind: error instanceof TerminalError ? 'answered' : 'failed' })
      throw error
    }
  }

  #signFor(gate: CallGate, message: Message): Signed {
    try {
      return this.#sign(message)
    } catch (error) {
      gate.settle({ kind: 'unsent' })
      throw error
    }
  }

  async #stream(
    { bytes, patience }: { bytes: Uint8Array; patience: number },
    signal: AbortSignal,
    take: (received: ReceivedMessage) => boolean,
  ): Promise<void> {
    const { server, timeoutMs } = this.#options
    let verdict: ReconcileError | undefined
    const takeBytes = (message: Uint8Array): boolean => {
      try {
        return take(receiveMessage(message))
      } catch (error) {
        if (error instanceof TerminalError || error instanceof TransientError) verdict = error
        throw error
      }
    }
    try {
      await askStream({ ...server, timeoutMs, totalMs: timeoutMs * patience }, bytes, takeBytes, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (verdict !== undefined) throw verdict
      const message = `the name server ${this.name} did not answer (${adviseOnFailure(error)})`
      throw new LostAnswerError('ProviderUnavailable', message, { cause: error })
    }
  }

  #insist(verdict: TsigVerdict | ReturnType<TsigStreamVerifier['accept']>, received: ReceivedMessage): void {
    if (verdict.kind === 'verified' || verdict.kind === 'deferred') return
    if (verdict.kind === 'unsigned') throw this.#unsigned('its answer is not signed', received)
    if (verdict.kind === 'malformed') throw this.#unsigned(verdict.problem, received)
    throw verdict.kind === 'rejected' ? this.#rejection(verdict.error) : this.#refusal(verdict.error)
  }

  /** The server has accepted our signature, and we do not accept the one on its answer. */
  #rejection(error: TsigRejection['error']): UntrustedAnswerError {
    const [reason, problem] = REJECTED[error]
    return new UntrustedAnswerError(
      reason,
      `the name server ${this.name} sent an answer that cannot be trusted: ${problem}`,
    )
  }

  #refusal(error: unknown): ReconcileError {
    const [why, remedy] = TSIG_REMEDIES[String(error)] ?? [
      `TSIG error ${String(error)}`,
      'compare the key on both sides',
    ]
    const message = `TSIG with the name server ${this.name} failed: ${why}; ${remedy}`
    return error === 'BADTIME'
      ? new TransientError('ClockSkew', message)
      : new TerminalError('CredentialsInvalid', message)
  }

  #unsigned(problem: string, { message }: ReceivedMessage): UnsignedAnswerError {
    const says = `the name server ${this.name} sent an answer that cannot be trusted: ${problem}`
    return new UnsignedAnswerError(`${says}; does it know the key and the zone?`, message.rcode)
  }

  #seconds(): number {
    return Math.floor(this.#options.clock.now() / 1000)
  }
}

/** Anything else that comes, as our own question from who sends everything back, is passed over. */
function isAnswerTo(asked: Message, received: Message): boolean {
  return received.response && received.id === asked.id && received.opcode === asked.opcode
}

const REJECTED: Readonly<Record<TsigRejection['error'], readonly [reason: string, problem: string]>> = {
  BADSIG: ['ProviderUnavailable', 'its signature does not match, as when it is changed on the way'],
  BADKEY: ['ProviderUnavailable', 'it is signed with another key'],
  BADTIME: ['ClockSkew', 'it is signed at another time; set the clocks of both by NTP'],
  BADTRUNC: ['ProviderUnavailable', 'its signature is shortened; let the server send full signatures'],
}

const TSIG_REMEDIES: Readonly<Record<string, readonly [string, string]>> = {
  BADSIG: ['the signature does not match', 'check `tsigSecret` in the Secret and spec.rfc2136.tsigAlgorithm'],
  BADKEY: ['the server does not know the key', 'check `tsigKeyName` in the Secret and the algorithm'],
  BADTIME: ['the clocks differ by more than five minutes', 'set both by NTP'],
  BADTRUNC: ['the signature was shortened', 'let the server accept and send full signatures'],
}
