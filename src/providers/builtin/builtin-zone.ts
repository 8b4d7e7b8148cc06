import { parseIpAddress, familyOf } from '../../model/address.ts'
import { TerminalError, TransientError, toReconcileError } from '../../model/errors.ts'
import { isWithin, parseStoredName, type Fqdn } from '../../model/name.ts'
import { describeKey } from '../../model/record-set.ts'
import { CAPABILITIES } from '../capabilities.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import type { ZoneStore } from './zone-store.ts'

const LONGEST_TEXT = 60_000

export class BuiltinZone implements RawZone {
  readonly capabilities = CAPABILITIES.Builtin
  readonly comparesAndSwaps = true
  readonly #store: ZoneStore

  constructor(store: ZoneStore) {
    this.#store = store
  }

  get zone(): Fqdn {
    return this.#store.zone
  }

  readonly probe = (): Promise<string> => Promise.resolve(String(this.#store.serial))

  // eslint-disable-next-line @typescript-eslint/require-await -- the port lists in pages that may take their time
  async *list(): AsyncGenerator<readonly RawSet[]> {
    yield this.#store.all()
  }

  reread(names: readonly Fqdn[]): Promise<readonly RawSet[]> {
    const asked = new Set(names)
    return Promise.resolve(this.#store.all().filter(({ key }) => asked.has(key.name)))
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return units.length === 0 ? [] : [units]
  }

  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    signal.throwIfAborted()
    const bad = changes.find(({ next }) => next !== undefined && !isServable(next, this.zone))
    if (bad !== undefined) {
      const what = `${describeKey(bad.key)} cannot hold ${bad.next?.values.join(', ') ?? ''}`
      return { kind: 'failed', error: new TerminalError('InvalidSpec', what), culprit: bad.key }
    }
    try {
      const result = await this.#store.commit(changes)
      if (result.kind === 'committed') return { kind: 'applied' }
      const error = new TransientError('Outdated', `${describeKey(result.key)} is no longer what it was`)
      return { kind: 'outdated', error }
    } catch (error) {
      const { message } = toReconcileError(error)
      const unsaved = new TransientError('ProviderUnavailable', `the zone ${this.zone} could not be saved: ${message}`)
      return { kind: 'failed', error: unsaved }
    }
  }

  normalise(set: RawSet): RawSet {
    return { ...set, routing: undefined, options: undefined }
  }
}

/** Whether a name server can put it into an answer. */
function isServable({ key: { name, type }, values }: RawSet, zone: Fqdn): boolean {
  if (!isWithin(name, zone) || values.length === 0) return false
  switch (type) {
    case 'A':
    case 'AAAA':
      return values.every((value) => isAddress(value, type === 'A' ? 'IPv4' : 'IPv6'))
    case 'CNAME':
      return name !== zone && values.length === 1 && values.every((value) => parseStoredName(value) === value)
    case 'TXT':
      return values.reduce((sum, value) => sum + Buffer.byteLength(value), 0) <= LONGEST_TEXT
    case 'ALIAS':
      return false
  }
}

function isAddress(value: string, family: 'IPv4' | 'IPv6'): boolean {
  const address = parseIpAddress(value)
  return address !== undefined && familyOf(address) === family
}
