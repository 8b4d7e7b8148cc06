// The way over from a zone kept by hand, as people go it: import, validate, plan and run against a real BIND, and then what nobody claims.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runStoa, type CommandResult } from '../support/run-stoa.ts'
import { startBind } from './support/bind.ts'
import { createTempDir } from './support/leftovers.ts'
import type { RunningServer } from './support/process.ts'
import { prepareStandalone, type Standalone } from './support/standalone.ts'
import type { ServerKey, ZoneServer } from './support/zone-server.ts'

const ZONE = 'example.test'
const OWNER = 'home'
const KEY: ServerKey = {
  name: 'stoa',
  algorithm: 'hmac-sha256',
  secret: Buffer.from('the key of this test').toString('base64'),
}
const heritage = (owner: string, more = ''): string => `"heritage=external-dns,external-dns/owner=${owner}${more}"`
const LINES = [
  ...['@ A 192.0.2.1', '@ MX 10 mail', '@ TXT "two" "strings"', '*.Apps 120 CNAME WWW', 'WWW 0 A 192.0.2.2'],
  ...['_sip._tcp SRV 10 5 5060 www', 'long 700000 A 192.0.2.3', 'sub NS ns.sub', 'ns.sub A 192.0.2.4'],
  ...['sealed A 192.0.2.5', 'a-sealed TXT "h8UQ6jelUFUsEIn7SbFktc2MYXPx"', 'theirs A 192.0.2.6'],
  ...[`a-theirs TXT ${heritage('other')}`, 'mine A 192.0.2.7', `a-mine TXT ${heritage(OWNER)}`],
  // Left over from a Stoa that is gone.
  `a-ns TXT ${heritage(OWNER, ',external-dns/resource=dynamicdnsrecord/dns/ns,external-dns/stoa-uid=u1')}`,
]

let bind: ZoneServer
let folder: Awaited<ReturnType<typeof createTempDir>>
let tree: string
let standalone: Standalone
let running: RunningServer | undefined

const provider = (): string => `
apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: { name: bind, namespace: dns }
spec:
  type: RFC2136
  zones: [${ZONE}]
  ownership: { id: ${OWNER} }
  credentialsSecretRef: { name: bind }
  rfc2136: { server: "127.0.0.1:${bind.port}" }
`

beforeAll(async () => {
  bind = await startBind({ zones: [{ name: ZONE, lines: LINES }], tsigKey: KEY })
  folder = await createTempDir('zone-commands')
  tree = join(folder.path, 'tree')
  await mkdir(tree)
  await writeFile(join(tree, 'provider.yaml'), provider())
  standalone = await prepareStandalone(tree)
  const secret = join(standalone.data, 'secrets', 'dns', 'bind')
  await mkdir(secret, { recursive: true, mode: 0o700 })
  await writeFile(join(secret, 'tsigKeyName'), KEY.name)
  await writeFile(join(secret, 'tsigSecret'), KEY.secret)
})
afterAll(async () => {
  await running?.stop()
  await Promise.all([bind?.stop(), standalone?.remove(), folder?.remove()])
})

const importZone = (): Promise<CommandResult> =>
  standalone.stoa('import', `--provider=${join(tree, 'provider.yaml')}`, `--zone=${ZONE}`)
const plan = (): Promise<CommandResult> => runStoa(['plan', tree, '--live', `--data=${standalone.data}`])
const changesIn = (text: string, mark: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line.startsWith(mark) ? line.slice(mark.length) : []))

const readyIn = (text: string): readonly (string | undefined)[] => {
  const { items } = JSON.parse(text) as { items: { status: { conditions: { type: string; status: string }[] } }[] }
  return items.map(({ status }) => status.conditions.find(({ type }) => type === 'Ready')?.status)
}

it('stoa import reads the zone, and leaves out what it could not take over', async () => {
  const { code, stdout, stderr } = await importZone()
  expect([code, stderr]).toEqual([0, ''])
  const leftOut = changesIn(stdout, '# - ').map((line) => line.slice(0, 60))
  expect(leftOut).toEqual([
    expect.stringContaining(`A ns.${ZONE}: is owned by ${OWNER}`),
    expect.stringContaining(`A theirs.${ZONE}: is owned by other`),
    expect.stringContaining(`A long.${ZONE}: cannot be said in a manifest: `),
    expect.stringContaining(`the mark for A sealed.${ZONE} would stand at a-sealed`),
  ])
  await writeFile(join(tree, 'records.yaml'), stdout)
  expect(await runStoa(['validate', '--strict', tree])).toMatchObject({ code: 0 })
})

it('stoa plan --live says the same, and again once it is so', async () => {
  const promised = changesIn(await readFile(join(tree, 'records.yaml'), 'utf8'), '# update ')
  expect(promised).toContain(`A www.${ZONE}: TTL 0 → 1; adopts what had no owner`)
  expect(changesIn((await plan()).stdout, '  ~ update ')).toEqual(promised)
  running = await standalone.start()
  await expect.poll(async () => changesIn((await plan()).stdout, '  ~ ')).toEqual([])
  const records = await standalone.stoa('get', 'records', '-A', '-o', 'json')
  expect(readyIn(records.stdout)).toEqual(promised.map(() => 'True'))
  expect(changesIn((await importZone()).stdout, '# update ')).toEqual([])
})

it('stoa prune says why an orphan stays', async () => {
  const orphans = async (): Promise<string> => (await standalone.stoa('orphans')).stdout
  await expect.poll(orphans).toContain(`A ns.${ZONE}`)
  const hash = /\b[0-9a-f]{16}\b/.exec(await orphans())?.[0] ?? ''
  expect(await standalone.stoa('prune', 'bind', hash)).toMatchObject({ code: 0 })
  // BIND keeps the address of the zone's own name server.
  await expect.poll(orphans).toContain('what was to be removed is still there: the name server 127.0.0.1')
  expect(running?.output()).toContain(`delete A ns.${ZONE}`)
})

it('a wrong key is told by every command, which then fails', async () => {
  const secret = join(standalone.data, 'secrets', 'dns', 'bind', 'tsigSecret')
  await rm(secret)
  await writeFile(secret, Buffer.from('another key').toString('base64'))
  for (const { code, stdout, stderr } of await Promise.all([importZone(), plan()])) {
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('check `tsigSecret` in the Secret')
  }
})
