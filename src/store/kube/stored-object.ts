// Our kinds as the apiserver gives them → what a store holds: the newest metadata and status with the last spec that is valid.
import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../api/is-object.ts'
import { API_VERSION, type KindName, type ObjectMeta, type StoaObject } from '../../api/kinds.ts'
import { parseObject } from '../../api/parse-object.ts'
import { formatPath, type Problem } from '../../api/problem.ts'
import { readMetadata } from '../../api/read-metadata.ts'
import { listSome } from '../../model/text.ts'
import type { StoredObject } from '../store.ts'
import type { CacheKind } from './object-cache.ts'
import { readIdentity } from './object-identity.ts'
import { SharedParts } from './shared-parts.ts'
import { withoutBulk } from './without-bulk.ts'

const MAX_PROBLEMS = 3

export function storedKind(kind: KindName): CacheKind<StoredObject> {
  const parts = new SharedParts()
  return {
    parse: (object, previous) => {
      const version = readIdentity(object)?.version
      if (version === previous?.metadata.resourceVersion) return previous
      const parsed = parseStored(kind, withoutBulk(object), previous)
      if (parsed !== undefined) shareAlike(parsed, parts)
      return parsed
    },
    equals: (previous, next) => isDeepStrictEqual(withoutVersion(previous), withoutVersion(next)),
  }
}

/**
 * There may be many records. What their targets bring is the greatest part of each, and that and more is alike in most of them. What was
 * parsed is ours alone so far: its parts are exchanged in place, since copies of objects that differ in shape take more room than they save.
 */
function shareAlike({ resource }: StoredObject, parts: SharedParts): void {
  if (resource?.kind !== 'DynamicDNSRecord') return
  const { metadata, spec, status } = resource
  shareIn(metadata, ['finalizers'], parts)
  shareIn(spec, ['addressFamilies', 'routing'], parts)
  if (status === undefined) return
  shareIn(status, ['conditions', 'zones'], parts)
  for (const target of status.targets ?? []) shareIn(target, ['addresses'], parts)
}

function shareIn<Holder extends object>(holder: Holder, keys: readonly (keyof Holder)[], parts: SharedParts): void {
  for (const key of keys) if (holder[key] !== undefined) holder[key] = parts.share(holder[key])
}

/** `object` is of this kind, as the apiserver stores it. */
function parseStored(kind: KindName, object: unknown, previous: StoredObject | undefined): StoredObject | undefined {
  // Items of a list do not say what they are.
  const { metadata, spec, status } = isObject(object) ? object : {}
  const parsed = parseParts(kind, { metadata, spec, status })
  if (parsed.resource !== undefined) return store(parsed.resource, undefined)
  const { problem } = parsed
  const inForce = isSame(previous, metadata) ? previous?.resource : undefined
  const kept = inForce === undefined ? undefined : parseParts(kind, { metadata, spec: inForce.spec, status }).resource
  if (kept !== undefined) return store(kept, problem)
  // The apiserver has checked it by the schema of the CRD.
  const written = isObject(status) ? (status as unknown as StoaObject['status']) : undefined
  return { kind, metadata: readMetadata(metadata, ''), status: written, resource: undefined, problem }
}

interface Parts {
  readonly metadata: unknown
  readonly spec: unknown
  readonly status: unknown
}

function parseParts(kind: KindName, parts: Parts): { resource: StoaObject | undefined; problem: string | undefined } {
  try {
    const parsed = parseObject({ apiVersion: API_VERSION, kind, ...parts })
    if (parsed.kind === 'ok') return { resource: parsed.object, problem: undefined }
    const { problems } = parsed
    // Another version of Stoa may have written fields that this one does not know; only this one's count.
    const onlyStatus = problems.every(({ path }) => path[0] === 'status')
    if (onlyStatus && parts.status !== undefined) return parseParts(kind, { ...parts, status: undefined })
    return { resource: undefined, problem: describeProblems(problems) }
  } catch (error) {
    return { resource: undefined, problem: `it cannot be read: ${String(error)}` }
  }
}

function describeProblems(problems: readonly Problem[]): string {
  return listSome(
    problems.map(({ path, message }) => `${formatPath(path)} ${message}`),
    MAX_PROBLEMS,
  )
}

function store(resource: StoaObject, problem: string | undefined): StoredObject {
  const { kind, metadata, status } = resource
  return { kind, metadata, status, resource, problem }
}

/** An object that was deleted and made again has nothing to do with the one before. */
function isSame(previous: StoredObject | undefined, metadata: unknown): boolean {
  return isObject(metadata) && previous?.metadata.uid === metadata['uid']
}

function withoutVersion({ metadata, status, resource, problem }: StoredObject): unknown {
  const { resourceVersion: _, ...rest }: ObjectMeta = metadata
  return { metadata: rest, status, spec: resource?.spec, problem }
}
