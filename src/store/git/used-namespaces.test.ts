import { describe, expect, it } from 'vitest'
import type { Commit } from './data-directory.ts'
import { applyChanges, emptyState, type ObjectEntry, type StateChange, type StoreState } from './state.ts'
import { UsedNamespaces } from './used-namespaces.ts'

const place = { file: 'a.yaml', line: 1 }

function pool(namespace: string, name: string, resourceVersion = '1'): ObjectEntry {
  const times = { creationTimestamp: '2026-11-01T00:00:00Z' }
  const metadata = { namespace, name, uid: name, generation: 1, resourceVersion, finalizers: [], ...times }
  return { kind: 'NodePool', metadata, specHash: '', place }
}

const ref = (namespace: string, name: string) => ({ kind: 'NodePool', namespace, name }) as const

describe('the namespaces that are in use', () => {
  const empty = emptyState({ identity: 'i', revision: 0, schemas: '' })

  function commit(before: StoreState, ...changes: readonly StateChange[]): Commit {
    return { before, after: applyChanges(before, changes), changes }
  }

  it('are those of the objects that were there, but of no Node or Namespace', () => {
    const node = { metadata: { name: 'web', labels: {}, annotations: {} } } as never
    const put = [pool('web', 'a'), { kind: 'Node', node, place }, { kind: 'Namespace', name: 'x', labels: {}, place }]
    const used = new UsedNamespaces(applyChanges(empty, [{ put } as StateChange]))
    expect(['web', '', 'x'].filter((name) => used.has(name))).toEqual(['web'])
  })

  it('end with the last object, however often one was written and whatever one commit did with it', () => {
    const used = new UsedNamespaces(empty)
    const first = commit(empty, { put: [pool('web', 'a')] }, { put: [pool('web', 'a', '2'), pool('web', 'b')] })
    used.learn(first)
    const second = commit(first.after, { remove: [ref('web', 'a')] }, { put: [pool('web', 'a', '3')] })
    used.learn(second)
    const third = commit(second.after, { remove: [ref('web', 'a')] }, { put: [pool('dns', 'c')] })
    used.learn(third)
    expect([used.has('web'), used.has('dns')]).toEqual([true, true])
    used.learn(commit(third.after, { remove: [ref('web', 'b'), ref('web', 'never')] }))
    expect([used.has('web'), used.has('dns')]).toEqual([false, true])
  })
})
