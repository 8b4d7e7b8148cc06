// `stoa run` as people run it: the built bundle in a process of its own, against a real apiserver, with exactly the rights we ship.
import { fileURLToPath } from 'node:url'
import type { Apiserver } from './apiserver.ts'
import { findFreePort } from './ports.ts'
import { startServer, type RunningServer } from './process.ts'

export const CONTROLLER_USER = 'system:serviceaccount:stoa-system:stoa'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface Controller {
  readonly pid: number
  readonly metricsUrl: string
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** CRDs and rights, as shipped. */
export async function installStoa(apiserver: Apiserver): Promise<void> {
  await kubectl(apiserver, ['apply', '--server-side', '--kustomize', `${root}crds`])
  await kubectl(apiserver, ['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all'])
  await kubectl(apiserver, ['apply', '--server-side', '--filename', `${root}deploy/rbac.yaml`])
}

/** With further arguments of its own, and of Node. */
export async function startController(
  apiserver: Apiserver,
  more: readonly string[] = [],
  ofNode: readonly string[] = [],
): Promise<Controller> {
  const metricsPort = await findFreePort()
  const metricsUrl = `http://127.0.0.1:${metricsPort}`
  const args = [
    ...ofNode,
    `${root}dist/stoa.js`,
    'run',
    ...[`--kubeconfig=${apiserver.kubeconfigPath}`, `--context=${CONTROLLER_USER}`, '--lease-namespace=stoa-system'],
    ...[`--metrics-port=${metricsPort}`, '--page-port=0', '--log-level=debug', ...more],
  ]
  const server: RunningServer = await startServer({
    name: 'stoa run',
    command: process.execPath,
    args,
    isReady: async () => (await fetch(`${metricsUrl}/health/live`)).ok,
  })
  return { pid: server.pid, metricsUrl, output: () => server.output(), stop: () => server.stop() }
}

/** What kubectl printed; an error with its words when it failed. */
export async function kubectl(apiserver: Apiserver, args: readonly string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await apiserver.kubectl(args, stdin === undefined ? {} : { stdin })
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}
