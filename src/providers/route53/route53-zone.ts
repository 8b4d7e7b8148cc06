import type {
  ListResourceRecordSetsCommandInput,
  ListResourceRecordSetsCommandOutput,
  ResourceRecordSet,
} from '@aws-sdk/client-route-53'
import { TerminalError, toReconcileError, type ReconcileError } from '../../model/errors.ts'
import { parseStoredName, type Fqdn } from '../../model/name.ts'
import { describeKey, keyText, type RecordKey } from '../../model/record-set.ts'
import type { ZoneCut } from '../../model/zone.ts'
import type { Purpose } from '../call-gate.ts'
import { CAPABILITIES, MAX_TTL } from '../capabilities.ts'
import { PageTrail } from '../page-trail.ts'
import type { RawChange, RawOutcome, RawSet, RawUnit, RawZone } from '../raw-zone.ts'
import {
  findCulprit,
  formatChangeBatch,
  packUnits,
  sumWeights,
  weigh,
  type StoredChange,
  type Weight,
} from './change-batch.ts'
import { updateDenied } from '../update-denied.ts'
import { ZoneCuts } from '../zone-cuts.ts'
import type { Route53Api } from './route53-api.ts'
import { NotSentError } from '../http/http-client.ts'
import { AccessDeniedError } from './route53-errors.ts'
import {
  ALIAS_TTL,
  ALIAS_TYPES,
  aliasZoneOf,
  formatSet,
  holdSets,
  parseCut,
  type AliasTarget,
  type AliasType,
  type HeldSet,
  type HostedZoneRef,
} from './route53-records.ts'
import { decodeName } from './route53-text.ts'

/** A hard cap of the API. */
const PAGE_SIZE = 300
/** As many sets as Route 53 routes between at one name and type. */
const NAME_PAGE_SIZE = 100

type Start = Pick<ListResourceRecordSetsCommandInput, 'StartRecordName' | 'StartRecordType' | 'StartRecordIdentifier'>

export class Route53Zone implements RawZone {
  readonly capabilities = CAPABILITIES.Route53
  readonly comparesAndSwaps = true
  /** The API has none: a zone tells how many sets it has, not whether they changed. */
  readonly probe = undefined
  readonly #api: Route53Api
  readonly #hostedZone: HostedZoneRef
  readonly #cuts: ZoneCuts
  #held = new Map<string, HeldSet>()

  constructor(api: Route53Api, hostedZone: HostedZoneRef) {
    this.#api = api
    this.#hostedZone = hostedZone
    this.#cuts = new ZoneCuts(hostedZone.name)
  }

  get zone(): Fqdn {
    return this.#hostedZone.name
  }

  readonly cutAbove = (key: RecordKey): ZoneCut | undefined => this.#cuts.above(key)

  async *list(signal: AbortSignal): AsyncGenerator<readonly RawSet[]> {
    const stored: ResourceRecordSet[] = []
    for await (const page of this.#pages(undefined, 'Work', signal)) stored.push(...page)
    // An alias is several sets to Route 53, which a page may part: nothing is held before all are there.
    const held = holdSets(stored, this.#hostedZone)
    this.#held = new Map(held.map((one) => [keyText(one.set.key), one]))
    this.#learnCuts(stored)
    yield held.map(({ set }) => set)
  }

  /** One call for each name, or the whole zone where that takes fewer. */
  async reread(names: readonly Fqdn[], signal: AbortSignal): Promise<readonly RawSet[]> {
    const asked = new Set(names)
    const found: ResourceRecordSet[] = []
    if (asked.size > Math.ceil(this.#held.size / PAGE_SIZE) + 1) {
      for await (const page of this.#pages(undefined, 'Repair', signal)) found.push(...page)
    } else {
      for (const name of asked) found.push(...(await this.#readName(name, signal)))
    }
    const held = holdSets(found, this.#hostedZone).filter(({ set }) => asked.has(set.key.name))
    for (const [text, { set }] of this.#held) if (asked.has(set.key.name)) this.#held.delete(text)
    for (const one of held) this.#held.set(keyText(one.set.key), one)
    this.#learnCuts(found, asked)
    return held.map(({ set }) => set)
  }

  #learnCuts(stored: readonly ResourceRecordSet[], names?: ReadonlySet<Fqdn>): void {
    if (!this.#hostedZone.isPublic) return
    const cuts = stored.flatMap((one) => parseCut(one))
    this.#cuts.learn(names === undefined ? cuts : cuts.filter(({ name }) => names.has(name)), names)
  }

  batch(units: readonly RawUnit[]): readonly (readonly RawUnit[])[] {
    return packUnits(units, (unit) => sumWeights(unit.map((change) => this.#weightOf(change))))
  }

  async apply(changes: readonly RawChange[], signal: AbortSignal): Promise<RawOutcome> {
    for (const change of changes) {
      const error = this.#findObstacle(change, changes)
      if (error !== undefined) return { kind: 'failed', error, culprit: change.key }
    }
    const stored = changes.map((change) => this.#storedChange(change, changes))
    const input = { HostedZoneId: this.#hostedZone.id, ChangeBatch: { Changes: formatChangeBatch(stored) } }
    try {
      await this.#api.call({ about: this.zone, run: (calls, options) => calls.changeSets(input, options) }, signal)
    } catch (error) {
      signal.throwIfAborted()
      const known = toReconcileError(error)
      if (known instanceof AccessDeniedError) return updateDenied(this.zone, (what) => describeDenial(what, known))
      return judge(known, stored)
    }
    for (const one of stored) this.#learn(one)
    return { kind: 'applied' }
  }

  normalise(set: RawSet): RawSet {
    const alias = set.key.type === 'ALIAS'
    const unmanaged = set.options?.['unmanaged']
    return {
      ...set,
      ttl: alias ? ALIAS_TTL : Math.min(Math.max(set.ttl, 0), MAX_TTL),
      routing: set.key.setId === '' ? undefined : set.routing,
      options: unmanaged === undefined ? undefined : { unmanaged },
      note: undefined,
    }
  }

  async *#pages(
    name: Fqdn | undefined,
    purpose: Purpose,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ResourceRecordSet[]> {
    const size = { HostedZoneId: this.#hostedZone.id, MaxItems: name === undefined ? PAGE_SIZE : NAME_PAGE_SIZE }
    const trail = new PageTrail('Route 53')
    let start: Start | undefined = name === undefined ? {} : { StartRecordName: `${name}.` }
    while (start !== undefined) {
      trail.follow(JSON.stringify(start))
      const input = { ...size, ...start }
      const page: ListResourceRecordSetsCommandOutput = await this.#api.call(
        { about: this.zone, purpose, run: (calls, options) => calls.listSets(input, options) },
        signal,
      )
      yield page.ResourceRecordSets ?? []
      start = page.IsTruncated === true ? nextStart(page) : undefined
    }
  }

  async #readName(name: Fqdn, signal: AbortSignal): Promise<readonly ResourceRecordSet[]> {
    const found: ResourceRecordSet[] = []
    for await (const page of this.#pages(name, 'Repair', signal)) {
      const own = page.filter(({ Name }) => parseStoredName(decodeName(Name ?? '')) === name)
      found.push(...own)
      if (own.length < page.length) break
    }
    return found
  }

  #findObstacle(change: RawChange, changes: readonly RawChange[]): ReconcileError | undefined {
    const { key, next } = change
    const foreign = this.#held.get(keyText(key))?.foreign
    if (foreign !== undefined) {
      return new TerminalError(
        'ProviderRefused',
        `${describeKey(key)} has ${foreign}, which Stoa does not manage; leave it to whoever does, or remove it there`,
      )
    }
    if (next === undefined || key.type !== 'ALIAS') return undefined
    const alias = this.#aliasTarget(next, changes)
    const target = next.values[0] ?? ''
    if (alias === undefined) {
      return new TerminalError(
        'InvalidSpec',
        `${describeKey(key)} cannot follow ${target}: Route 53 wants to know the hosted zone of an alias target, which Stoa ` +
          'knows for names in the same zone, CloudFront and load balancers in most regions; use such a name, or addresses',
      )
    }
    if (alias.types.length > 0) return undefined
    return new TerminalError(
      'InvalidSpec',
      `${describeKey(key)} cannot follow ${target}, which has neither A nor AAAA in ${this.zone}; create it first, or use addresses`,
    )
  }

  #aliasTarget({ key, values }: RawSet, changes: readonly RawChange[]): AliasTarget | undefined {
    const target = values[0] ?? ''
    const zoneId = aliasZoneOf(target, this.#hostedZone)
    if (key.type !== 'ALIAS' || zoneId === undefined) return undefined
    const types = zoneId === this.#hostedZone.id ? this.#typesAt(target, changes) : ALIAS_TYPES
    // Whoever made the alias may rely on it; a new target is no reason to change it.
    const before = this.#held.get(keyText(key))?.stored[0]?.AliasTarget
    return { zoneId, types, evaluatesHealth: before?.EvaluateTargetHealth ?? false }
  }

  /** An alias must be of a type its target has, once the changes beside it are carried out. */
  #typesAt(target: string, changes: readonly RawChange[]): readonly AliasType[] {
    const changed = new Set(changes.map(({ key }) => keyText(key)))
    const kept = [...this.#held.values()].filter(({ set }) => set.key.name === target && !changed.has(keyText(set.key)))
    const types = new Set<string>(kept.flatMap(({ stored }) => stored.map(({ Type = '' }) => Type)))
    for (const { key, next } of changes) if (key.name === target && next !== undefined) types.add(key.type)
    return ALIAS_TYPES.filter((type) => types.has(type))
  }

  #storedChange(change: RawChange, changes: readonly RawChange[]): StoredChange {
    const { key, previous, next } = change
    const removed = previous && (this.#held.get(keyText(key))?.stored ?? formatSet(previous, undefined))
    return { change, removed: removed ?? [], added: next ? formatSet(next, this.#aliasTarget(next, changes)) : [] }
  }

  #weightOf(change: RawChange): Weight {
    const { removed, added } = this.#storedChange(change, [change])
    return weigh([...removed, ...added])
  }

  #learn({ change: { key, next }, added }: StoredChange): void {
    if (next === undefined) this.#held.delete(keyText(key))
    else this.#held.set(keyText(key), { set: next, stored: added, foreign: undefined })
  }
}

function nextStart(page: ListResourceRecordSetsCommandOutput): Start {
  return {
    StartRecordName: page.NextRecordName,
    StartRecordType: page.NextRecordType,
    StartRecordIdentifier: page.NextRecordIdentifier,
  }
}

/** A policy may have conditions on names and types. */
function describeDenial(what: string, { message }: AccessDeniedError): string {
  return `Route 53 did not change ${what}: ${message}; allow the credentials route53:ChangeResourceRecordSets for such names and types`
}

/** A batch is all or nothing. */
function judge(error: ReconcileError, stored: readonly StoredChange[]): RawOutcome {
  if (error.reason === 'Outdated') return { kind: 'outdated', error }
  const isOpen = error.reason === 'ProviderUnavailable' && !(error instanceof NotSentError)
  if (isOpen) return { kind: 'unconfirmed', error }
  const culprit = error.reason === 'ProviderRefused' ? findCulprit(error.message, stored) : undefined
  return { kind: 'failed', error, ...(culprit === undefined ? {} : { culprit }) }
}
