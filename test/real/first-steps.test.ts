// The pages for people without a cluster, done as they say: the guide's own manifests, and the service's own command line, against a stand-in
// for Gandi. Only what is beyond this machine is replaced.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { GandiFake } from '../fakes/gandi-fake.ts'
import { answering } from '../fakes/wan/stun-behaviours.ts'
import { startUdpResponder, type StunResponder } from '../fakes/wan/stun-responder.ts'
import { GitRepository } from '../support/git-repository.ts'
import { BUNDLE, runStoa, type CommandResult } from '../support/run-stoa.ts'
import { readUnitFile } from '../support/unit-file.ts'
import { eventually } from './support/home-network.ts'
import { createTempDir, type TempDir } from './support/leftovers.ts'
import { findFreePort } from './support/ports.ts'
import { findOnPath, runCommand, startServer, type RunningServer } from './support/process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const ADDRESS = '203.0.113.7'

let gandi: GandiFake
let responders: readonly StunResponder[]
let folder: TempDir
const repositories: GitRepository[] = []

beforeAll(async () => {
  gandi = await GandiFake.start('example.com', 'smith.example')
  responders = await Promise.all([1, 2].map(() => startUdpResponder({ behaviour: answering(ADDRESS) })))
  folder = await createTempDir('first-steps')
})
afterAll(async () => {
  await Promise.all([...(responders ?? []), ...(gandi === undefined ? [] : [gandi.http])].map((each) => each.stop()))
  await Promise.all(repositories.map((repository) => repository.remove()))
  await folder?.remove()
})

/** A repository with these manifests, whose outside world is on loopback. */
async function commitOnLoopback(file: string, text: string): Promise<GitRepository> {
  const repository = await GitRepository.create()
  repositories.push(repository)
  const sources = responders.map(({ port }) => `'127.0.0.1:${port}'`).join(', ')
  const local = text
    .replace(
      '  credentialsSecretRef:',
      `  gandi: { endpoint: '${gandi.http.url}/v5/livedns' }\n  credentialsSecretRef:`,
    )
    .replace(
      /(kind: WANAddress\n[^]*?spec:\n)[^]*?(?=^---|$(?![^]))/m,
      `$1  stun: { servers: [${sources}], transports: [UDP] }\n  allowNonGlobalCIDRs: [203.0.113.0/24]\n`,
    )
  expect(local.match(/127\.0\.0\.1/g)).toHaveLength(3)
  await repository.write(file, local)
  await repository.commit()
  return repository
}

async function startOnFreePorts(args: readonly string[], env: NodeJS.ProcessEnv): Promise<RunningServer> {
  const [metricsPort, viewPort] = [await findFreePort(), await findFreePort()]
  const ports = { STOA_METRICS_PORT: metricsPort, STOA_VIEW_PORT: viewPort, STOA_PAGE_PORT: 0 }
  const texts = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]))
  return await startServer({
    ...{ name: 'stoa run', command: process.execPath, args, env: { ...process.env, ...env, ...texts } },
    isReady: async () => (await fetch(`http://127.0.0.1:${metricsPort}/health/ready`)).ok,
  })
}

it('the guide leads from nothing to a name, and back', async () => {
  const guide = await readFile(`${root}docs/guides/first-steps.md`, 'utf8')
  const manifests = /^```yaml\n(# home\.yaml\n[^]*?)^```$/m.exec(guide)?.[1] ?? ''
  const repository = await commitOnLoopback('home.yaml', manifests)
  const data = join(folder.path, 'stoa-data')
  await mkdir(join(data, 'secrets', 'dns-token'), { recursive: true })
  await writeFile(join(data, 'secrets', 'dns-token', 'token'), `${gandi.token}\n`)
  const stoa = (...args: readonly string[]): Promise<CommandResult> =>
    runStoa([...args, `--data=${data}`], { cwd: repository.path })

  expect((await runStoa(['validate', '.'], { cwd: repository.path })).code).toBe(0)
  const plan = await stoa('plan', '--live')
  const shown = /^\$ stoa plan --live .*\n([^]*?)\n\n/m.exec(guide)?.[1] ?? 'nothing'
  expect(plan.stdout).toContain(shown)
  expect(gandi.values('example.com', 'home', 'A')).toEqual([])

  const server = await startOnFreePorts([BUNDLE, 'run', `--git=${repository.path}`, `--data=${data}`], {})
  try {
    await eventually(async () => (await stoa('status', 'home')).code, 0)
    expect(gandi.values('example.com', 'home', 'A')).toEqual([ADDRESS])
    await repository.delete('home.yaml')
    await repository.commit()
    await eventually(async () => (await stoa('approve', 'removals', '--yes')).code, 0)
    await eventually(() => Promise.resolve(gandi.values('example.com', 'home', 'A')), [])
  } finally {
    await server.stop()
  }
})

it('the service starts as its unit says, with the settings and variables beside it', async () => {
  const example = `${root}examples/standalone`
  const story = `${root}examples/home-wan-gandi`
  const files = ['provider.yaml', 'wan-address.yaml', 'records.yaml']
  const texts = await Promise.all(files.map((file) => readFile(`${story}/${file}`, 'utf8')))
  const repository = await commitOnLoopback('home/all.yaml', texts.join('---\n'))
  const settings = parse(await readFile(`${example}/stoa.yaml`, 'utf8')) as Readonly<Record<string, unknown>>
  const data = join(folder.path, 'state')
  const config = join(folder.path, 'stoa.yaml')
  await writeFile(config, stringify({ ...settings, git: repository.path, data }))
  const variables = (await readFile(`${example}/stoa.env.example`, 'utf8')).matchAll(/^([A-Z_]+)=.*$/gm)
  const env = Object.fromEntries([...variables].map(([, name = '']) => [name, gandi.token]))

  const [line = ''] = readUnitFile(await readFile(`${example}/stoa.service`, 'utf8')).get('Service.ExecStart') ?? []
  const places: Readonly<Record<string, string>> = { '/opt/stoa/dist/stoa.js': BUNDLE, '/etc/stoa/stoa.yaml': config }
  const server = await startOnFreePorts(
    line
      .split(' ')
      .slice(1)
      .map((word) => places[word] ?? word),
    env,
  )
  try {
    await eventually(async () => (await runStoa(['status', 'home/home', `--data=${data}`])).code, 0)
    expect(gandi.values('smith.example', 'home', 'A')).toEqual([ADDRESS])
    expect(gandi.values('smith.example', '@', 'A')).toEqual([ADDRESS])
  } finally {
    await server.stop()
  }
})

const analyze = findOnPath('systemd-analyze')
it.skipIf(analyze === undefined)('systemd finds nothing to complain of in the unit', async () => {
  const node = '/usr/bin/node'
  const unit = await readFile(`${root}examples/standalone/stoa.service`, 'utf8')
  const path = join(folder.path, 'stoa.service')
  // It looks whether the program is there, which on this machine may be elsewhere.
  await writeFile(path, unit.replaceAll(node, process.execPath))
  for (const name of ['ssh', 'port-53']) {
    const dropIn = await readFile(`${root}examples/standalone/stoa.service.d/${name}.conf`, 'utf8')
    await mkdir(`${path}.d`, { recursive: true })
    await writeFile(join(`${path}.d`, `${name}.conf`), dropIn)
  }
  const { code, stdout, stderr } = await runCommand(analyze ?? '', ['verify', '--man=no', path])
  expect({ code, said: `${stdout}${stderr}`.split('\n').filter((text) => text.includes('stoa')) }).toEqual({
    code: 0,
    said: [],
  })
})
