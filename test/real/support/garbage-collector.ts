// Does what kube-controller-manager does at the end of a foreground deletion, which never finishes without it.
import type { Apiserver } from './apiserver.ts'

const KINDS = [
  ...['dynamicdnsrecords', 'nodepools', 'wanaddresses', 'dnsproviders'].map(
    (kind) => `/apis/dns.stoa.dev/v1alpha1/${kind}`,
  ),
  '/apis/argoproj.io/v1alpha1/applications',
  ...['services', 'serviceaccounts', 'secrets', 'configmaps'].map((kind) => `/api/v1/${kind}`),
  '/apis/apps/v1/deployments',
  '/apis/networking.k8s.io/v1/networkpolicies',
  '/apis/policy/v1/poddisruptionbudgets',
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map(
    (kind) => `/apis/rbac.authorization.k8s.io/v1/${kind}`,
  ),
]
const FINALIZER = 'foregroundDeletion'

interface List {
  readonly items?: readonly {
    readonly metadata: {
      readonly name: string
      readonly namespace?: string
      readonly resourceVersion: string
      readonly finalizers?: readonly string[]
    }
  }[]
}

/** Returns how to stop it. Nothing in the tests that use it owns anything, so there is nothing to wait for. */
export function startGarbageCollector(apiserver: Apiserver): () => Promise<void> {
  let stopped = false
  const run = async (): Promise<void> => {
    while (!stopped) {
      for (const path of KINDS) await release(apiserver, path)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
  const running = run()
  return () => {
    stopped = true
    return running
  }
}

async function release(apiserver: Apiserver, path: string): Promise<void> {
  // Before its CRD is there a path answers in plain text.
  const { items = [] } = ((await apiserver.request('GET', path)).body ?? {}) as List
  for (const { metadata } of items) {
    const { name, namespace, resourceVersion, finalizers = [] } = metadata
    if (!finalizers.includes(FINALIZER)) continue
    const [, prefix = '', kind = ''] = /^(.*)\/(.*)$/.exec(path) ?? []
    const within = namespace === undefined ? '' : `/namespaces/${namespace}`
    // With the version that was read: whoever else changes the finalizers meanwhile is not undone, and the next round sees the outcome.
    await apiserver.request('PATCH', `${prefix}${within}/${kind}/${name}`, {
      metadata: { resourceVersion, finalizers: finalizers.filter((finalizer) => finalizer !== FINALIZER) },
    })
  }
}
