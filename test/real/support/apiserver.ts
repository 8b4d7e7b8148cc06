// A real Kubernetes API for tests: etcd and kube-apiserver on loopback in a temp directory, with RBAC and as many identities as a test wants.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApiClient, type ApiRequest } from './api-client.ts'
import { findBinary } from './binaries.ts'
import {
  ADMIN,
  prepareControlPlane,
  readAuthority,
  startEtcd,
  startKubeApiserver,
  type ControlPlane,
  type Identity,
} from './control-plane.ts'
import { createTempDir } from './leftovers.ts'
import { runCommand, type CommandResult } from './process.ts'

export interface ApiserverOptions {
  /** Beside the administrator. */
  readonly identities?: readonly Identity[]
  /** More flags for kube-apiserver. */
  readonly flags?: readonly string[]
}

export interface KubectlOptions {
  readonly stdin?: string
  /** The user of one of the identities; the administrator if absent. */
  readonly as?: string
}

export interface Apiserver {
  readonly url: string
  readonly etcdUrl: string
  /** The certificate authority to trust, as PEM. */
  readonly ca: string
  readonly adminToken: string
  /** Its current context is the administrator's; every identity has a context named like its user. */
  readonly kubeconfigPath: string
  readonly request: ApiRequest
  readonly tokenOf: (user: string) => string
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => Promise<CommandResult>
  /** The process ids of etcd and kube-apiserver. */
  readonly pids: () => readonly number[]
  /** The last of what kube-apiserver wrote. */
  readonly output: () => string
  /** Stops kube-apiserver and starts it again at the same address; etcd goes on and keeps the data. */
  readonly restart: () => Promise<void>
  /** Ends both processes and removes their directory. */
  readonly stop: () => Promise<void>
}

export async function startApiserver(options: ApiserverOptions = {}): Promise<Apiserver> {
  const dir = await createTempDir('apiserver')
  const undo = [dir.remove]
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const plane = await prepareControlPlane(dir.path, options.identities ?? [], options.flags ?? [])
    const etcd = await startEtcd(plane)
    undo.push(etcd.stop)
    let server = await startKubeApiserver(plane)
    undo.push(() => server.stop())
    const restart = async (): Promise<void> => {
      await server.stop()
      server = await startKubeApiserver(plane)
    }
    const client = await openClient(plane)
    undo.push(client.close)
    return {
      ...client,
      etcdUrl: plane.etcdUrl,
      pids: () => [etcd.pid, server.pid],
      output: () => server.output(),
      restart,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Client = Pick<Apiserver, 'url' | 'ca' | 'adminToken' | 'kubeconfigPath' | 'request' | 'tokenOf' | 'kubectl'> & {
  readonly close: () => Promise<void>
}

/** Everything that talks to the running apiserver. */
async function openClient(plane: ControlPlane): Promise<Client> {
  const { url } = plane
  const ca = await readAuthority(plane)
  const tokenOf = (user: string): string => {
    const token = plane.tokens.get(user)
    if (token === undefined)
      throw new Error(`${user} is no identity of this apiserver: name it in startApiserver({ identities })`)
    return token
  }
  const adminToken = tokenOf(ADMIN)
  const kubeconfigPath = join(plane.folder, 'kubeconfig')
  await writeFile(kubeconfigPath, formatKubeconfig(plane, ca), { mode: 0o600 })
  const kubectl: Apiserver['kubectl'] = async (args, { as: user = ADMIN, stdin } = {}) => {
    tokenOf(user)
    const found = await findBinary('kubectl')
    const access = [
      `--kubeconfig=${kubeconfigPath}`,
      `--context=${user}`,
      `--cache-dir=${join(plane.folder, 'kubectl-cache')}`,
    ]
    return runCommand(found, [...access, ...args], stdin === undefined ? {} : { stdin })
  }
  const { request, close } = createApiClient({ url, ca, token: adminToken })
  return { url, ca, adminToken, kubeconfigPath, request, tokenOf, kubectl, close }
}

/** As JSON, which is YAML too. */
function formatKubeconfig({ url, tokens }: ControlPlane, ca: string): string {
  const authority = Buffer.from(ca).toString('base64')
  const users = [...tokens]
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': ADMIN,
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority-data': authority } }],
    users: users.map(([name, token]) => ({ name, user: { token } })),
    contexts: users.map(([name]) => ({ name, context: { cluster: 'test', user: name } })),
  })
}
