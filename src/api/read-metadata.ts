import type { ObjectMeta } from './kinds.ts'
import { isObject } from './is-object.ts'

/**
 * The part of checked metadata that we use. A manifest that no apiserver has seen has no uid, generation or creation time: they
 * read as '', 1 and '' until the store that holds it gives it some.
 */
export function readMetadata(metadata: unknown, defaultNamespace: string): ObjectMeta {
  const from: Readonly<Record<string, unknown>> = isObject(metadata) ? metadata : {}
  const deletionTimestamp = readText(from, 'deletionTimestamp')
  const resourceVersion = readText(from, 'resourceVersion')
  return {
    name: readText(from, 'name'),
    namespace: readText(from, 'namespace') || defaultNamespace,
    uid: readText(from, 'uid'),
    generation: typeof from['generation'] === 'number' ? from['generation'] : 1,
    creationTimestamp: readText(from, 'creationTimestamp'),
    ...(deletionTimestamp !== '' && { deletionTimestamp }),
    ...(resourceVersion !== '' && { resourceVersion }),
    ...readTexts(from, 'labels'),
    ...readTexts(from, 'annotations'),
    ...(Array.isArray(from['finalizers']) && { finalizers: from['finalizers'].map(String) }),
  }
}

function readText(from: Readonly<Record<string, unknown>>, field: string): string {
  const value = from[field]
  return typeof value === 'string' ? value : ''
}

function readTexts<Field extends string>(
  from: Readonly<Record<string, unknown>>,
  field: Field,
): { readonly [F in Field]?: Readonly<Record<string, string>> } {
  const texts = from[field]
  if (!isObject(texts)) return {}
  const entries = Object.entries(texts).map(([key, value]) => [key, typeof value === 'string' ? value : ''])
  return { [field]: Object.fromEntries(entries) as Record<string, string> } as { [F in Field]?: Record<string, string> }
}
