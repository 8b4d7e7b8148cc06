// The two processes of a small control plane, etcd and kube-apiserver, and the files that they read.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApiClient } from './api-client.ts'
import { findBinary } from './binaries.ts'
import { findFreePort } from './ports.ts'
import { startServer, type RunningServer } from './process.ts'

export const ADMIN = 'admin'

/** The apiserver makes these itself, soon after it says that it is ready. */
const FIRST_NAMESPACES = ['default', 'kube-system']

/** Somebody whom the apiserver knows by a token, and who may do only what RBAC grants to the user or its groups. */
export interface Identity {
  /** A service account is `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string
  readonly groups?: readonly string[]
}

export interface ControlPlane {
  readonly folder: string
  readonly url: string
  readonly port: number
  readonly etcdUrl: string
  /** Token by user. */
  readonly tokens: ReadonlyMap<string, string>
  /** More flags for kube-apiserver. */
  readonly flags: readonly string[]
}

/** Chooses ports and writes the files; nothing runs yet. */
export async function prepareControlPlane(
  folder: string,
  identities: readonly Identity[],
  flags: readonly string[],
): Promise<ControlPlane> {
  const known: readonly Identity[] = [{ user: ADMIN, groups: ['system:masters'] }, ...identities]
  const tokens = new Map(known.map(({ user }) => [user, randomUUID()]))
  const lines = known.map(({ user, groups = [] }) => `${tokens.get(user)},${user},${user},"${groups.join(',')}"\n`)
  const key = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  await writeFile(join(folder, 'tokens.csv'), lines.join(''))
  await writeFile(join(folder, 'service-account.key'), key.privateKey)
  await writeFile(join(folder, 'service-account.pub'), key.publicKey)
  const port = await findFreePort()
  const etcdUrl = `http://127.0.0.1:${await findFreePort()}`
  return { folder, url: `https://127.0.0.1:${port}`, port, etcdUrl, tokens, flags }
}

export async function startEtcd({ folder, etcdUrl }: ControlPlane): Promise<RunningServer> {
  const peerUrl = `http://127.0.0.1:${await findFreePort()}`
  return startServer({
    name: 'etcd',
    command: await findBinary('etcd'),
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--log-level=warn',
    ],
    isReady: async () => (await fetch(`${etcdUrl}/health`)).ok,
  })
}

export async function startKubeApiserver(plane: ControlPlane): Promise<RunningServer> {
  const file = (name: string): string => join(plane.folder, name)
  return startServer({
    name: 'kube-apiserver',
    command: await findBinary('kube-apiserver'),
    args: [
      `--etcd-servers=${plane.etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${plane.port}`,
      `--cert-dir=${file('certs')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('service-account.pub')}`,
      `--service-account-signing-key-file=${file('service-account.key')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--authorization-mode=RBAC',
      `--token-auth-file=${file('tokens.csv')}`,
      // There is no controller manager: nothing would make the service accounts that this plugin waits for.
      '--disable-admission-plugins=ServiceAccount',
      '--endpoint-reconciler-type=none',
      ...plane.flags,
    ],
    isReady: () => isReady(plane),
  })
}

/** The certificate that kube-apiserver made for itself, with its authority, as PEM. */
export function readAuthority(plane: ControlPlane): Promise<string> {
  return readFile(join(plane.folder, 'certs', 'apiserver.crt'), 'utf8')
}

async function isReady(plane: ControlPlane): Promise<boolean> {
  const token = plane.tokens.get(ADMIN) ?? ''
  const client = createApiClient({ url: plane.url, ca: await readAuthority(plane), token })
  try {
    for (const path of ['/readyz', ...FIRST_NAMESPACES.map((name) => `/api/v1/namespaces/${name}`)]) {
      if ((await client.request('GET', path)).status !== 200) return false
    }
    return true
  } finally {
    await client.close()
  }
}
