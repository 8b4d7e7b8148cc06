// The bundle behind a proxy, as a user would start it: what the environment says reaches whoever connects.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CloudflareFake } from './fakes/cloudflare-fake.ts'
import { ConnectProxy, PROXIED_HOST } from './fakes/connect-proxy.ts'
import { TEST_CERTIFICATE } from './fakes/wan/tls-certificate.ts'
import { runCommand } from './support/command-bench.ts'
import { runStoa, type CommandResult } from './support/run-stoa.ts'

let folder: string
let cloudflare: CloudflareFake
let proxy: ConnectProxy
let refusing: ConnectProxy

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-proxy-'))
  cloudflare = await CloudflareFake.start({ 'example.com': 'free' })
  cloudflare.seed('example.com', 'www.example.com', 'A', '192.0.2.1')
  proxy = await ConnectProxy.start({ targetUrl: cloudflare.http.url })
  refusing = await ConnectProxy.start({ status: 407 })
  await writeFile(join(folder, 'ca.pem'), TEST_CERTIFICATE)
  const endpoint = `https://${PROXIED_HOST}/client/v4`
  const provider = {
    ...{ apiVersion: 'dns.stoa.dev/v1alpha1', kind: 'DNSProvider', metadata: { name: 'main', namespace: 'dns' } },
    spec: { type: 'Cloudflare', credentialsSecretRef: { name: 'cf' }, cloudflare: { endpoint } },
  }
  const cluster = { server: `https://${PROXIED_HOST}:6443`, 'certificate-authority': 'ca.pem' }
  const kubeconfig = {
    'current-context': 'main',
    clusters: [{ name: 'here', cluster }],
    users: [{ name: 'me', user: { token: 'one' } }],
    contexts: [{ name: 'main', context: { cluster: 'here', user: 'me' } }],
  }
  await writeFile(join(folder, 'provider.yaml'), JSON.stringify(provider))
  await writeFile(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig))
})
afterEach(async () => {
  for (const server of [proxy, refusing, cloudflare.http]) await server.stop()
  await rm(folder, { recursive: true })
})

function run(args: readonly string[], proxyUrl: string): Promise<CommandResult> {
  const env = {
    ...{ HTTPS_PROXY: proxyUrl, NO_PROXY: '', no_proxy: '', NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
    STOA_SECRET_CF_TOKEN: cloudflare.token,
  }
  return runStoa(args, { cwd: folder, env })
}

const importZone = (proxyUrl: string): Promise<CommandResult> =>
  run(['import', '--zone', 'example.com', '--provider', 'provider.yaml'], proxyUrl)
const withPassword = (url: string): string => url.replace('//', '//me:s3cret@')

describe('behind a proxy', () => {
  it('a zone is imported through it', async () => {
    const { code, stdout } = await importZone(proxy.url)
    expect(code).toBe(0)
    expect(stdout).toContain('    - www.example.com\n')
    expect(new Set(proxy.asked)).toEqual(new Set([`${PROXIED_HOST}:443`]))
  })

  it('a command names the one that refuses, and nothing of its password', async () => {
    const { port } = refusing
    const words = `the proxy http://127.0.0.1:${port} (HTTPS_PROXY) does not accept the user and password in its URL (407)`
    const imported = await importZone(withPassword(refusing.url))
    expect(imported.code).toBe(1)
    expect(imported.stderr).toContain(`Cloudflare cannot be reached: ${words}`)
    const looked = await run(['doctor', '--kubeconfig', 'kubeconfig'], withPassword(refusing.url))
    expect(looked.code).toBe(1)
    expect(looked.stdout).toContain(words)
    expect(JSON.stringify([imported, looked])).not.toContain('s3cret')
  })

  it.each<[string, string]>([
    ['socks5://me:s3cret@proxy.test:1080', 'HTTPS_PROXY names a proxy for socks5, which is not spoken here'],
    ['http://me:s3cret@proxy.test:3128', 'proxy=http://proxy.test:3128 from=HTTPS_PROXY'],
  ])('a process that is given %s tells of it, and nothing of its password', async (url, words) => {
    const stopped = new AbortController()
    let said = ''
    const env = {
      HTTPS_PROXY: url,
      STOA_METRICS_PORT: '0',
      STOA_PAGE_PORT: '0',
      STOA_VIEW_PORT: '0',
      STOA_DNS_PORT: '0',
    }
    const stderr = (text: string): void => {
      said += text
      if (said.includes(words)) stopped.abort()
    }
    const args = ['run', '--git', folder, '--data', join(folder, 'data')]
    await runCommand(args, { cwd: folder, env, stderr, signal: stopped.signal })
    expect(said).toContain(words)
    expect(said).not.toContain('s3cret')
  })
})
