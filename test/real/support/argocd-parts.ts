// The parts of a real Argo CD that only some tests need: its API, which people's clicks go to, and the server of a plugin.
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accepts, type Argocd } from './argocd.ts'
import { findFreePort } from './ports.ts'
import { startServer, type RunningServer } from './process.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The shipped plugin, with the bundle of this folder instead of the image's. */
export async function startPluginServer(argocd: Argocd): Promise<RunningServer> {
  const config = join(argocd.folder, 'plugin-config')
  await mkdir(config)
  const shipped = await readFile(`${root}argocd/cmp/plugin.yaml`, 'utf8')
  await writeFile(join(config, 'plugin.yaml'), shipped.replace('/app/stoa.js', `${root}dist/stoa.js`))
  const work = join(argocd.folder, 'plugin-work')
  await mkdir(work)
  return startServer({
    name: 'argocd-cmp-server',
    command: join(argocd.folder, 'argocd-cmp-server'),
    args: [`--config-dir-path=${config}`],
    cwd: argocd.folder,
    env: { ...argocd.env, ARGOCD_CMP_WORKDIR: work },
    isReady: () => Promise.resolve(existsSync(join(argocd.folder, 'plugins', 'stoa-v0.1.sock'))),
  })
}

export interface ArgocdApi {
  readonly request: (method: string, path: string, body?: object) => Promise<unknown>
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** Argo CD's own server, for anybody. */
export async function startArgocdApi(argocd: Argocd): Promise<ArgocdApi> {
  const [port, metrics] = [await findFreePort(), await findFreePort()]
  const listening = ['--address=127.0.0.1', `--port=${port}`, `--metrics-port=${metrics}`]
  const server = await startServer({
    name: 'argocd-server',
    command: join(argocd.folder, 'argocd-server'),
    args: [...argocd.peers, ...listening, '--insecure', '--disable-auth'],
    cwd: argocd.folder,
    env: argocd.env,
    isReady: () => accepts(port),
  })
  const request = async (method: string, path: string, body?: object): Promise<unknown> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { method, headers, ...sent })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }
  return { request, output: server.output, stop: server.stop }
}
