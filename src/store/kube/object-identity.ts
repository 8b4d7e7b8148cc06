// What identifies an object of the Kubernetes API and its version.
import { isObject } from '../../api/is-object.ts'
import type { ObjectKey } from '../store.ts'

export interface ObjectIdentity extends ObjectKey {
  /** The key in every cache. */
  readonly key: string
  readonly version: string
  readonly uid: string
}

export function keyText({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`
}

/** Undefined for what is no object. */
export function readIdentity(object: unknown): ObjectIdentity | undefined {
  const metadata = isObject(object) ? object['metadata'] : undefined
  if (!isObject(metadata)) return undefined
  const { name, namespace = '', resourceVersion: version = '', uid = '' } = metadata
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined
  if (typeof version !== 'string' || typeof uid !== 'string') return undefined
  return { namespace, name, key: keyText({ namespace, name }), version, uid }
}

/** Versions are counted up by etcd, for all objects together. */
export function isOlderVersion(version: string, than: string): boolean {
  return version.length === than.length ? version < than : version.length < than.length
}
