// From what was and what the tree says now to what is: as an apiserver and a careful `kubectl apply --prune` would have it. Pure.
import { isDeepStrictEqual } from 'node:util'
import { KIND_DEFINITIONS } from '../../api/generated/schemas.ts'
import type { KindName, ObjectMeta } from '../../api/kinds.ts'
import type { NodeObject, NodeReady } from '../../api/node.ts'
import { createUid } from './create-uid.ts'
import { judgeRemovals, type HeldRemovals } from './judge-removals.ts'
import { entryKey, findEntry, isObjectEntry, listEntries, refOf } from './state.ts'
import type { Entry, EntryRef, NamespaceEntry, NodeEntry, ObjectEntry, StateChange, StoreState } from './state.ts'
import { formatPlace } from './tree.ts'
import type { Finding, Tree, TreeItem, TreeNamespace, TreeNode, TreeObject } from './tree.ts'

export interface DeriveOptions {
  /** RFC 3339. */
  readonly now: string
  /** The hash of removals that a person let go. */
  readonly approved?: string | undefined
}

export interface Derived {
  readonly change: StateChange | undefined
  readonly findings: readonly Finding[]
  readonly held: HeldRemovals | undefined
}

export function deriveState(previous: StoreState, tree: Tree, options: DeriveOptions): Derived {
  const { items, findings } = chooseItems(tree)
  const missing = [...listEntries(previous)].filter((entry) => !items.has(refText(refOf(entry))) && !isDeleting(entry))
  const { held, waiting } = judgeRemovals(previous, missing, {
    incomplete: tree.incomplete,
    approved: options.approved,
  })
  const draft = new Draft(previous, options)
  for (const item of items.values()) draft.add(item)
  if (held === undefined) for (const entry of missing) draft.remove(entry)
  return { change: draft.change(waiting), findings: [...findings, ...tree.findings], held }
}

function isDeleting(entry: Entry): boolean {
  return isObjectEntry(entry) && entry.metadata.deletionTimestamp !== undefined
}

function refText({ kind, ...key }: EntryRef): string {
  return `${kind} ${entryKey(key)}`
}

interface Chosen {
  readonly items: ReadonlyMap<string, TreeItem>
  readonly findings: readonly Finding[]
}

/** Of an object that is there twice, the first by path counts. */
function chooseItems(tree: Tree): Chosen {
  const items = new Map<string, TreeItem>()
  const findings: Finding[] = []
  for (const item of tree.items) {
    const ref = itemRef(item)
    const first = items.get(refText(ref))
    if (first === undefined) items.set(refText(ref), item)
    else {
      const name = ref.namespace === '' ? ref.name : entryKey(ref)
      const message = `${ref.kind} ${name} is in ${formatPlace(first.place)} already, and that one counts: remove one of the two`
      findings.push({ severity: 'error', ...item.place, message })
    }
  }
  return { items, findings }
}

function itemRef(item: TreeItem): EntryRef {
  if (item.kind === 'Node') return { kind: item.kind, namespace: '', name: item.node.name }
  if (item.kind === 'Namespace') return { kind: item.kind, namespace: '', name: item.name }
  return { kind: item.kind, namespace: item.metadata.namespace, name: item.metadata.name }
}

class Draft {
  readonly #previous: StoreState
  readonly #options: DeriveOptions
  readonly #put: Entry[] = []
  readonly #remove: EntryRef[] = []
  #revision: number

  constructor(previous: StoreState, options: DeriveOptions) {
    this.#previous = previous
    this.#options = options
    this.#revision = previous.settings.revision
  }

  add(item: TreeItem): void {
    const previous = findEntry(this.#previous, itemRef(item))
    const next = this.#nextEntry(item, previous)
    if (!isDeepStrictEqual(previous, next)) this.#put.push(next)
  }

  /** An object with finalizers stays, marked, until whoever put them there is done. */
  remove(entry: Entry): void {
    if (!isObjectEntry(entry) || (entry.metadata.finalizers ?? []).length === 0) {
      this.#remove.push(refOf(entry))
      return
    }
    const metadata = { ...entry.metadata, deletionTimestamp: this.#options.now, resourceVersion: this.#nextRevision() }
    // What was wrong with its manifest went with that.
    const { problem: _, ...rest } = entry
    this.#put.push({ ...rest, metadata })
  }

  /** Undefined when nothing has changed. */
  change(held: readonly string[]): StateChange | undefined {
    const { settings } = this.#previous
    const next = { revision: this.#revision, held }
    const changed = this.#revision > settings.revision || !isDeepStrictEqual(held, settings.held ?? [])
    if (!changed && this.#put.length + this.#remove.length === 0) return undefined
    return { ...(changed && { settings: next }), put: this.#put, remove: this.#remove }
  }

  #nextEntry(item: TreeItem, previous: Entry | undefined): Entry {
    if (item.kind === 'Node') return nextNode(item, previous?.kind === 'Node' ? previous : undefined, this.#options.now)
    if (item.kind === 'Namespace') return nextNamespace(item)
    const known = previous !== undefined && isObjectEntry(previous) ? previous : undefined
    const next = nextObject(item, known, () => this.#birthOf(item))
    // Where it stands is nobody's business but a person's: that alone makes no new version.
    if (known !== undefined && isDeepStrictEqual({ ...known, place: item.place }, next)) return next
    return { ...next, metadata: { ...next.metadata, resourceVersion: this.#nextRevision() } }
  }

  #birthOf(item: TreeItem): Birth {
    return { uid: createUid(this.#previous.settings, itemRef(item)), creationTimestamp: this.#options.now }
  }

  #nextRevision(): string {
    this.#revision += 1
    return String(this.#revision)
  }
}

/** What an object has from its first day on. */
type Birth = Pick<ObjectMeta, 'uid' | 'creationTimestamp'>

function nextObject(item: TreeObject, previous: ObjectEntry | undefined, birth: () => Birth): ObjectEntry {
  const { kind, place, specHash, content } = item
  const spec = content.kind === 'valid' ? content.spec : previous?.spec
  // What a person allowed by command was allowed for this spec alone.
  const given = specHash === previous?.specHash ? previous.given : undefined
  return {
    kind,
    metadata: withAnnotations(nextMetadata(item, previous, birth), given),
    specHash,
    ...(spec !== undefined && { spec }),
    status: previous === undefined ? unwrittenStatus(kind) : previous.status,
    ...(content.kind === 'invalid' && { problem: content.problem }),
    ...(given !== undefined && { given }),
    place,
  }
}

function withAnnotations(metadata: ObjectMeta, given: ObjectEntry['given']): ObjectMeta {
  return given === undefined ? metadata : { ...metadata, annotations: { ...metadata.annotations, ...given } }
}

/** Without a deletionTimestamp: an object that is back before its deletion is done was never gone. */
function nextMetadata(item: TreeObject, previous: ObjectEntry | undefined, birth: () => Birth): ObjectMeta {
  const { name, namespace, labels, annotations } = item.metadata
  const written = { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) }
  if (previous === undefined) return { ...written, ...birth(), generation: 1 }
  const { uid, generation, creationTimestamp, finalizers, resourceVersion } = previous.metadata
  return {
    ...written,
    uid,
    generation: item.specHash === previous.specHash ? generation : generation + 1,
    creationTimestamp,
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(finalizers !== undefined && { finalizers }),
  }
}

function unwrittenStatus(kind: KindName): unknown {
  return KIND_DEFINITIONS[kind].schema.properties?.['status']?.default
}

function nextNode({ kind, node, place }: TreeNode, previous: NodeEntry | undefined, now: string): NodeEntry {
  const creationTimestamp = node.creationTimestamp ?? previous?.node.creationTimestamp ?? now
  const next: NodeObject = { ...node, creationTimestamp, ready: nextReady(node.ready, previous?.node.ready, now) }
  const same = previous !== undefined && isDeepStrictEqual(previous.node, next)
  return { kind, node: same ? previous.node : next, place }
}

/** Nobody reports on a node that is only written down, so it counts as ready unless the manifest says otherwise. */
function nextReady(written: NodeReady | undefined, previous: NodeReady | undefined, now: string): NodeReady {
  const status = written?.status ?? 'True'
  const since = previous?.status === status ? previous.lastTransitionTime : now
  return { status, lastTransitionTime: written?.lastTransitionTime || since }
}

/** Kubernetes itself gives every namespace this label. */
function nextNamespace({ kind, name, labels, place }: TreeNamespace): NamespaceEntry {
  return { kind, name, labels: { ...labels, 'kubernetes.io/metadata.name': name }, place }
}
