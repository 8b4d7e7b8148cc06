// How people name an object on the command line, and the one they mean: `www`, `web/www`, `provider/main`, `provider/dns/main`.
import { API_GROUP, type KindName } from '../../api/kinds.ts'
import type { ViewKind } from '../../serve/kubectl-view/raw-object.ts'
import { VIEW_DEFINITIONS, type ViewDefinition } from '../../serve/kubectl-view/view-kinds.ts'
import { CommandError } from '../command-error.ts'
import { UsageError } from '../usage-error.ts'
import type { Remote, RemoteObject } from './remote.ts'
import { isSourceRead } from './source-report.ts'

export interface ObjectRef<Kind extends ViewKind = KindName> {
  readonly kind: Kind
  /** Undefined: as the remote has it. */
  readonly namespace: string | undefined
  readonly name: string
}

/** What people say beside what kubectl takes. */
const EVERYDAY_WORDS: Readonly<Partial<Record<ViewKind, readonly string[]>>> = {
  DynamicDNSRecord: ['record', 'records'],
  NodePool: ['pool', 'pools'],
  WANAddress: ['wans'],
  DNSProvider: ['provider', 'providers'],
}

/** By any of its names: `ddr`, `records`, `dynamicdnsrecords.dns.stoa.dev`. */
export function findKind(word: string): ViewDefinition | undefined {
  const lower = word.toLowerCase()
  const plain = lower.endsWith(`.${API_GROUP}`) ? lower.slice(0, -API_GROUP.length - 1) : lower
  return VIEW_DEFINITIONS.find(({ kind, plural, singular, shortNames }) =>
    [plural, singular, ...shortNames, ...(EVERYDAY_WORDS[kind] ?? [])].includes(plain),
  )
}

/** Of our kinds alone. */
export function parseOwnRef(text: string, fallback: KindName, namespace: string | undefined): ObjectRef {
  const { kind, name, ...place } = parseAnyRef(text, fallback, namespace)
  if (kind === 'Node') throw new UsageError(`${text} is a Node, which Stoa only reads: kubectl describe node ${name}`)
  return { kind, name, ...place }
}

/** The namespace is what `--namespace` says. */
export function parseAnyRef(text: string, fallback: ViewKind, namespace: string | undefined): ObjectRef<ViewKind> {
  const { kind, within, name } = splitRef(text, fallback)
  if (kind === 'Node' && within !== undefined) throw new UsageError(`${text}: a Node has no namespace: write ${name}`)
  if (within !== undefined && namespace !== undefined && within !== namespace) {
    throw new UsageError(`${text} names namespace ${within}, and --namespace says ${namespace}: give one`)
  }
  return { kind, namespace: within ?? namespace, name }
}

interface RefParts {
  readonly kind: ViewKind
  readonly within: string | undefined
  readonly name: string
}

function splitRef(text: string, fallback: ViewKind): RefParts {
  const parts = text.split('/')
  const given = parts.length > 1 ? findKind(parts[0] ?? '') : undefined
  const [name = '', within, ...more] = (given === undefined ? parts : parts.slice(1)).reverse()
  if (name === '' || within === '' || more.length > 0) {
    throw new UsageError(`${text} names no object: write NAME, NAMESPACE/NAME, KIND/NAME or KIND/NAMESPACE/NAME`)
  }
  return { kind: given?.kind ?? fallback, within, name }
}

/** Rejects when there is none, or when it could be several. */
export function findObject(remote: Remote, ref: ObjectRef<ViewKind>): Promise<RemoteObject> {
  return findWithin(remote, { ...ref, namespace: ref.namespace ?? remote.defaultNamespace })
}

/** As `findObject`, but without a namespace all are looked through. */
export async function findWithin(
  remote: Remote,
  { kind, namespace: within, name }: ObjectRef<ViewKind>,
): Promise<RemoteObject> {
  const found =
    within === undefined
      ? (await remote.list(kind)).filter(({ object }) => object.metadata.name === name)
      : [await remote.get(kind, { namespace: within, name })].filter((object) => object !== undefined)
  const [first, second] = found
  if (first === undefined) throw new CommandError(await describeMissing(remote, { kind, namespace: within, name }))
  if (second === undefined) return first
  const names = found.map(({ object }) => `${object.metadata.namespace}/${name}`)
  throw new CommandError(`${kind} ${name} could be ${names.join(' or ')}: give one of these`)
}

async function describeMissing(remote: Remote, { kind, namespace, name }: ObjectRef<ViewKind>): Promise<string> {
  const { description } = remote
  const report = await remote.source?.report()
  if (report !== undefined && !isSourceRead(report)) {
    const why = report.problem ?? `${description} has not been read yet; try again when it has been`
    return `nobody knows yet whether there is ${kind} ${name}: ${why}`
  }
  const where =
    namespace === undefined || kind === 'Node' ? '' : ` in namespace ${namespace}; --namespace chooses another`
  return `there is no ${kind} ${name}${where} (${description})`
}

export interface Scope {
  readonly namespace?: string
  readonly allNamespaces?: true
}

/** Where a list looks; undefined: everywhere. */
export function chooseNamespace(remote: Remote, { namespace, allNamespaces }: Scope): string | undefined {
  if (namespace !== undefined && allNamespaces)
    throw new UsageError('--namespace and --all-namespaces: give one of them')
  return allNamespaces ? undefined : (namespace ?? remote.defaultNamespace)
}
