import { isObject } from '../../api/is-object.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** The object without what nobody here reads and takes most of the room: kubectl's copy of the manifest, and managedFields. */
export function withoutBulk(object: unknown): unknown {
  const metadata = isObject(object) ? object['metadata'] : undefined
  if (!isObject(object) || !isObject(metadata)) return object
  const { managedFields: _fields, annotations, ...rest } = metadata
  if (!isObject(annotations)) return { ...object, metadata: rest }
  const { [LAST_APPLIED]: _copy, ...kept } = annotations
  return { ...object, metadata: { ...rest, annotations: kept } }
}
