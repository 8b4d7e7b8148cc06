import type { ObjectKey, WatchedKind } from '../store/store.ts'

/** `namespace/name`, as people write it and as DNSProviders are referred to. */
export function refText({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`
}

/** The other way round; names have no slash. */
export function parseRef(text: string): ObjectKey {
  const slash = text.indexOf('/')
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

/** `NodePool web/edge`, where objects of several kinds meet. */
export function objectText(kind: WatchedKind, ref: string): string {
  return `${kind} ${ref}`
}
