// Changes and looks at a zone over DNS, past the provider under test: what a person with `nsupdate` and `dig` would do.
import { randomInt } from 'node:crypto'
import { systemClock } from '../../src/cli/system-clock.ts'
import type { RecordType } from '../../src/model/record-set.ts'
import { OPEN_GATE } from '../../src/providers/call-gate.ts'
import { DnsClient } from '../../src/providers/rfc2136/dns-client.ts'
import { groupDnsRecords } from '../../src/providers/rfc2136/dns-records.ts'
import type { DnsRecord } from '../../src/wire/message.ts'
import { queryMessage } from '../../src/wire/query.ts'
import { dataOf } from '../../src/wire/set-data.ts'
import type { TsigKey } from '../../src/wire/tsig-key.ts'
import { addRecord, deleteSet, updateMessage } from '../../src/wire/update.ts'
import type { Seed } from '../contracts/provider-contract.ts'

const signal = new AbortController().signal
const RECORDS_PER_MESSAGE = 1000

export const nextId = (): number => randomInt(0x10000)

export class DnsByHand {
  readonly #client: DnsClient
  readonly #zone: string

  constructor(zone: string, port: number, key: TsigKey) {
    this.#zone = zone
    const server = { host: '127.0.0.1', port }
    this.#client = new DnsClient({
      server,
      key: () => key,
      clock: systemClock,
      nextId,
      gate: OPEN_GATE,
      timeoutMs: 10_000,
    })
  }

  async add(sets: readonly Seed[]): Promise<void> {
    const records = sets.flatMap(({ name, type, values }) =>
      values.map((value) => {
        const data = dataOf(type, value)
        if (data === undefined) throw new Error(`${value} is not a ${type}`)
        return addRecord(name, 300, data)
      }),
    )
    for (let at = 0; at < records.length; at += RECORDS_PER_MESSAGE) {
      await this.update(records.slice(at, at + RECORDS_PER_MESSAGE))
    }
  }

  remove(name: string, type: 'A' | 'AAAA' | 'CNAME' | 'TXT'): Promise<void> {
    return this.update([deleteSet(name, type)])
  }

  async look(name: string, type: RecordType): Promise<readonly string[]> {
    const wireType = type === 'ALIAS' ? 'CNAME' : type
    const answer = await this.#client.ask(queryMessage(nextId(), name, wireType), 'Work', signal)
    const here = answer.answers.filter((record) => record.name.toLowerCase().replace(/\.$/, '') === name)
    return groupDnsRecords(here).flatMap(({ set }) => (set.key.type === type ? set.values : []))
  }

  async update(updates: readonly DnsRecord[]): Promise<void> {
    const message = updateMessage({ id: nextId(), zone: this.#zone, prerequisites: [], updates })
    const { rcode } = await this.#client.ask(message, 'Work', signal)
    if (rcode !== 'NOERROR') throw new Error(`the update by hand was refused: ${String(rcode)}`)
  }
}
