// A primary name server for one zone: SOA, AXFR and UPDATE with prerequisites over TCP, TSIG on everything. The contract also runs
// against real BIND and Knot in `npm run test:real`; left out here: UDP, IXFR, NOTIFY, journals, access lists but for names.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { parseStoredName } from '../../src/model/name.ts'
import { receiveMessage, type ReceivedMessage } from '../../src/wire/decode-message.ts'
import { encodeMessage } from '../../src/wire/encode-message.ts'
import { internetRecord, type DnsRecord, type Message, type RecordData, type SoaData } from '../../src/wire/message.ts'
import type { Rcode } from '../../src/wire/numbers.ts'
import { replyTo } from '../../src/wire/query.ts'
import { FrameDecoder, frameMessage } from '../../src/wire/stream-framing.ts'
import type { TsigKey } from '../../src/wire/tsig-key.ts'
import { answerRejection, signMessage, TsigStreamSigner } from '../../src/wire/tsig-sign.ts'
import { verifyMessage } from '../../src/wire/tsig-verify.ts'
import type { Fault } from './http-fake.ts'

const RECORDS_PER_MESSAGE = 500

export class NameServerFake {
  readonly requests: Message[] = []
  key: TsigKey
  /** Names that the key may not update. */
  readonly denied = new Set<string>()
  latencyMs = 0
  /** Bytes of messages, both ways. */
  bytes = 0
  /** How far this server's clock is ahead. */
  clockSkewSeconds = 0
  /** What somebody else does before a request is served. */
  onCall: ((isWrite: boolean) => Promise<void>) | undefined
  /** What becomes of an answer on its way. */
  damage: (answer: Uint8Array) => Uint8Array = (answer) => answer
  readonly #server: Server
  readonly #zone: string
  readonly #sockets = new Set<Socket>()
  #records: DnsRecord[] = []
  #serial = 1
  #faults: { fault: Fault; left: number }[] = []

  private constructor(zone: string, key: TsigKey) {
    this.#zone = zone
    this.key = key
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async start(zone: string, key: TsigKey): Promise<NameServerFake> {
    const fake = new NameServerFake(zone, key)
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get updates(): number {
    return this.requests.filter(({ opcode }) => opcode === 'UPDATE').length
  }

  /** By hand, past Stoa. */
  edit(change: (records: readonly DnsRecord[]) => DnsRecord[]): void {
    this.#records = change(this.#records)
    this.#serial += 1
  }

  recordsAt(name: string, type: string): readonly DnsRecord[] {
    return this.#records.filter((record) => record.name === name && record.type === type)
  }

  fail(fault: Fault, times: number): void {
    this.#faults.push({ fault, left: times })
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    const decoder = new FrameDecoder()
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk) => {
      this.bytes += chunk.length
      for (const bytes of decoder.push(chunk)) {
        if (this.onCall !== undefined) void this.#handleAfter(this.onCall, socket, receiveMessage(bytes))
        else if (this.latencyMs === 0) this.#handle(socket, receiveMessage(bytes))
        else setTimeout(() => this.#handle(socket, receiveMessage(bytes)), this.latencyMs)
      }
    })
  }

  async #handleAfter(
    turn: (isWrite: boolean) => Promise<void>,
    socket: Socket,
    received: ReceivedMessage,
  ): Promise<void> {
    await turn(received.message.opcode === 'UPDATE')
    this.#handle(socket, received)
  }

  #handle(socket: Socket, received: ReceivedMessage): void {
    const { message } = received
    this.requests.push(message)
    const fault = this.#takeFault()
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'refuse') return void socket.destroy()
    const time = Math.floor(Date.now() / 1000) + this.clockSkewSeconds
    const verdict = verifyMessage(received, [this.key], { time })
    if (verdict.kind === 'rejected') {
      return this.#send(socket, answerRejection(encodeMessage(replyTo(message, 'NOTAUTH')), verdict, time))
    }
    if (verdict.kind !== 'verified') return this.#send(socket, encodeMessage(replyTo(message, 'REFUSED')))
    const sign = { time, requestMac: verdict.mac }
    if (fault?.kind === 'answer')
      return this.#send(socket, signMessage(encodeMessage(replyTo(message, 'SERVFAIL')), this.key, sign).bytes)
    const answers = this.#serve(message)
    if (fault?.kind === 'lose-answer') return void socket.destroy()
    const signer = new TsigStreamSigner(this.key, verdict.mac)
    for (const answer of answers) this.#send(socket, signer.sign(encodeMessage(answer), time))
  }

  #serve(request: Message): readonly Message[] {
    const [question] = request.questions
    if (foldName(question?.name) !== this.#zone && request.opcode === 'UPDATE') return [replyTo(request, 'NOTAUTH')]
    if (request.opcode === 'UPDATE') return [replyTo(request, this.#update(request))]
    const name = foldName(question?.name)
    if (name !== this.#zone && !name.endsWith(`.${this.#zone}`)) return [replyTo(request, 'REFUSED')]
    const reply = { ...replyTo(request, 'NOERROR'), authoritative: true }
    if (question?.type === 'SOA') return [{ ...reply, answers: [this.#soa()] }]
    if (question?.type !== 'AXFR') {
      return [
        { ...reply, answers: this.#records.filter((record) => record.name === name && record.type === question?.type) },
      ]
    }
    const all = [this.#soa(), ...this.#records, this.#soa()]
    const count = Math.ceil(all.length / RECORDS_PER_MESSAGE)
    return Array.from({ length: count }, (_, at) => ({
      ...reply,
      answers: all.slice(at * RECORDS_PER_MESSAGE, (at + 1) * RECORDS_PER_MESSAGE),
    }))
  }

  /** RFC 2136 §3: all prerequisites, then all updates, or nothing. */
  #update({ answers: prerequisites, authorities: updates }: Message): Rcode {
    if (updates.some(({ name }) => this.denied.has(foldName(name)))) return 'REFUSED'
    const problem = this.#checkPrerequisites(prerequisites)
    if (problem !== undefined) return problem
    let draft = [...this.#records]
    for (const { name: given, type, class: dnsClass, ttl, data } of updates) {
      const name = foldName(given)
      if (name !== this.#zone && !name.endsWith(`.${this.#zone}`)) return 'NOTZONE'
      if (dnsClass === 'ANY')
        draft = draft.filter((record) => record.name !== name || (type !== 'ANY' && record.type !== type))
      else if (dnsClass === 'NONE')
        draft = draft.filter((record) => !(record.name === name && sameData(record.data, data)))
      else draft = addTo(draft, { name, type, class: 'IN', ttl, data })
    }
    this.#records = draft
    this.#serial += 1
    return 'NOERROR'
  }

  #checkPrerequisites(prerequisites: readonly DnsRecord[]): Rcode | undefined {
    const exact = new Map<string, DnsRecord[]>()
    for (const required of prerequisites) {
      const name = foldName(required.name)
      const here = this.#records.filter(
        (record) => record.name === name && (required.type === 'ANY' || record.type === required.type),
      )
      if (required.class === 'ANY' && here.length === 0) return required.type === 'ANY' ? 'NXDOMAIN' : 'NXRRSET'
      if (required.class === 'NONE' && here.length > 0) return required.type === 'ANY' ? 'YXDOMAIN' : 'YXRRSET'
      if (required.class === 'IN')
        exact.set(`${name} ${required.type}`, [...(exact.get(`${name} ${required.type}`) ?? []), required])
    }
    for (const [key, wanted] of exact) {
      const here = this.#records.filter((record) => `${record.name} ${record.type}` === key)
      const same =
        here.length === wanted.length && wanted.every(({ data }) => here.some((record) => sameData(record.data, data)))
      if (!same) return 'NXRRSET'
    }
    return undefined
  }

  #soa(): DnsRecord {
    const times = { refresh: 3600, retry: 600, expire: 86_400, minimum: 300 }
    const soa: SoaData = {
      kind: 'SOA',
      primary: 'ns.example.net',
      mailbox: 'admin.example.net',
      serial: this.#serial,
      ...times,
    }
    return internetRecord(this.#zone, 300, soa)
  }

  #send(socket: Socket, bytes: Uint8Array): void {
    this.bytes += bytes.length
    socket.write(frameMessage(this.damage(bytes)))
  }

  #takeFault(): Fault | undefined {
    const planned = this.#faults.find(({ left }) => left > 0)
    if (planned !== undefined) planned.left -= 1
    return planned?.fault
  }
}

/** A CNAME beside other data, and other data beside a CNAME, are dropped without a word, as real servers do. */
function addTo(records: readonly DnsRecord[], added: DnsRecord): DnsRecord[] {
  const here = records.filter(({ name }) => name === added.name)
  const clash =
    added.type === 'CNAME' ? here.some(({ type }) => type !== 'CNAME') : here.some(({ type }) => type === 'CNAME')
  if (clash) return [...records]
  const others = records.filter(
    ({ name, type, data }) => !(name === added.name && type === added.type && sameData(data, added.data)),
  )
  const levelled = others.map((one) =>
    one.name === added.name && one.type === added.type ? { ...one, ttl: added.ttl } : one,
  )
  return [...levelled, added]
}

const texts = new WeakMap<RecordData, string>()

function sameData(a: RecordData, b: RecordData): boolean {
  return textOf(a) === textOf(b)
}

function textOf(data: RecordData): string {
  const text =
    texts.get(data) ??
    JSON.stringify(data, (_key, value: unknown) => (value instanceof Uint8Array ? [...value] : value))
  texts.set(data, text)
  return text
}

function foldName(name: string | undefined): string {
  return parseStoredName(name ?? '') ?? ''
}
