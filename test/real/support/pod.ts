// A process as the Deployment in the cluster would run it: its arguments, its environment, its service account. Only the ports are others.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Apiserver } from './apiserver.ts'
import { parseManifests, type Manifest } from './manifests.ts'
import { findFreePort } from './ports.ts'
import { startServer, type RunningServer } from './process.ts'

const BUNDLE = fileURLToPath(new URL('../../../dist/stoa.js', import.meta.url))

export interface PodOptions {
  readonly name: string
  readonly deployment: string
  readonly namespace: string
  /** For its files. */
  readonly folder: string
}

interface PodSpec {
  readonly serviceAccountName: string
  readonly containers: readonly {
    readonly args: readonly string[]
    readonly env: readonly { readonly name: string; readonly value?: string }[]
  }[]
}

export async function startPod(apiserver: Apiserver, options: PodOptions): Promise<RunningServer> {
  const { name, deployment, namespace, folder } = options
  const { stdout } = await apiserver.kubectl([
    'get',
    'deployment',
    deployment,
    `--namespace=${namespace}`,
    '--output=yaml',
  ])
  const [manifest] = parseManifests(stdout)
  if (manifest === undefined) throw new Error(`there is no Deployment ${namespace}/${deployment}`)
  const { serviceAccountName, containers } = (manifest as Manifest & { spec: { template: { spec: PodSpec } } }).spec
    .template.spec
  const [container = { args: [], env: [] }] = containers
  const given = container.env.flatMap((entry) => (entry.value === undefined ? [] : [[entry.name, entry.value]]))
  const metricsPort = await findFreePort()
  return startServer({
    name,
    command: process.execPath,
    args: [BUNDLE, ...container.args],
    cwd: folder,
    env: {
      ...(Object.fromEntries(given) as Record<string, string>),
      POD_NAME: name,
      POD_NAMESPACE: namespace,
      STOA_METRICS_PORT: String(metricsPort),
      STOA_PAGE_PORT: '0',
      STOA_DNS_PORT: String(await findFreePort()),
      KUBECONFIG: await writeKubeconfig(
        apiserver,
        `system:serviceaccount:${namespace}:${serviceAccountName}`,
        join(folder, name),
      ),
      PATH: process.env['PATH'],
    },
    isReady: async () => (await fetch(`http://127.0.0.1:${metricsPort}/health/ready`)).ok,
  })
}

/** A process takes the current context, so each user has a file of its own. */
async function writeKubeconfig(apiserver: Apiserver, user: string, path: string): Promise<string> {
  const config = JSON.parse(await readFile(apiserver.kubeconfigPath, 'utf8')) as object
  await writeFile(path, JSON.stringify({ ...config, 'current-context': user }), { mode: 0o600 })
  return path
}
