// What a person without a cluster copies: the service, its settings, the container, and the pages that tell how. Nothing in them may name
// what is not there.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import packageInfo from '../package.json' with { type: 'json' }
import { parseObject } from '../src/api/parse-object.ts'
import { readConfig } from '../src/config/read-config.ts'
import { findUnknown, listDocumentedCommands } from './support/documented-commands.ts'
import { readUnitFile } from './support/unit-file.ts'

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const folder = 'examples/standalone'

const unit = readUnitFile(read(`${folder}/stoa.service`))
const execStart = unit.get('Service.ExecStart') ?? []
const settings = readConfig({
  flags: {},
  env: {},
  file: { name: 'stoa.yaml', content: parse(read(`${folder}/stoa.yaml`)) },
})

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

interface ComposeService {
  readonly image: string
  readonly build: { readonly context: string; readonly target: string }
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly network_mode: string
}

const compose = parse(read(`${folder}/compose.yaml`)) as Compose
const service = compose.services['stoa']

/** Every variable that `stoa run` reads has its place in this page; those of Secrets follow a rule. */
function isKnownVariable(name: string): boolean {
  return read('docs/spec/configuration.md').includes(`\`${name}\``)
}

describe('the service', () => {
  it('starts a command that is there, with flags that it has', async () => {
    const [node, bundle, name = '', ...rest] = execStart.flatMap((line) => line.split(' '))
    expect([node, bundle]).toEqual(['/usr/bin/node', '/opt/stoa/dist/stoa.js'])
    const flags = rest.filter((word) => word.startsWith('--'))
    expect(flags).toEqual(['--config'])
    expect(await findUnknown({ text: '', name, flags })).toEqual([])
  })

  it('has settings that are right, and keeps its data where it may write', () => {
    expect(settings).toMatchObject({ kind: 'ok', config: { path: 'home', data: '/var/lib/stoa' } })
    expect(unit.get('Service.StateDirectory')).toEqual(['stoa'])
  })

  it('is closed to everything else, and gives up only on wrong settings', () => {
    const wanted = {
      ...{ DynamicUser: 'yes', NoNewPrivileges: 'yes', ProtectSystem: 'strict', CapabilityBoundingSet: '' },
      ...{ StateDirectoryMode: '0700', Restart: 'on-failure', RestartPreventExitStatus: '64' },
    }
    const seen = Object.keys(wanted).map((key) => [key, unit.get(`Service.${key}`)?.at(-1)])
    expect(Object.fromEntries(seen)).toEqual(wanted)
  })

  it.each(['ssh', 'port-53'])('is changed by %s.conf through variables that are read', (name) => {
    const dropIn = readUnitFile(read(`${folder}/stoa.service.d/${name}.conf`))
    const names = (dropIn.get('Service.Environment') ?? []).flatMap((line) => line.match(/\b[A-Z_]+(?==)/g) ?? [])
    expect(names.length).toBeGreaterThan(1)
    expect(names.filter((variable) => !isKnownVariable(variable))).toEqual([])
  })

  it('takes tokens from variables that are read: one of a Secret of the story it begins with, and one of Git', () => {
    const names = read(`${folder}/stoa.env.example`).match(/^(?:# )?[A-Z_]+(?==)/gm)
    expect(names).toEqual(['STOA_SECRET_GANDI_TOKEN_TOKEN', '# STOA_GIT_TOKEN'])
    expect(isKnownVariable('STOA_GIT_TOKEN')).toBe(true)
    expect(read('examples/home-wan-gandi/provider.yaml')).toMatch(/credentialsSecretRef:\n\s+name: gandi-token\n/)
  })
})

describe('the container', () => {
  it('is built from a stage that has git, and runs with the same settings', () => {
    const { context, target } = service?.build ?? { context: '', target: '' }
    expect(new URL(`${context}/`, new URL(`${folder}/`, root)).href).toBe(root.href)
    expect(read('Dockerfile')).toMatch(new RegExp(`^FROM \\w+ AS ${target}\n[^]*?git openssh-client`, 'm'))
    // Not that of the image for clusters, which would have git then or be built over this one.
    expect(service?.image).toBe(`stoa:${packageInfo.version}-${target}`)
    expect(service?.command).toEqual(execStart.flatMap((line) => line.split(' ')).slice(2))
    expect(Object.keys(service?.environment ?? {}).filter((name) => !isKnownVariable(name))).toEqual([])
  })

  it('writes into its volume alone, which the image makes for its user', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], network_mode: 'host' })
    const writable = service?.volumes.filter((mount) => !mount.endsWith(':ro'))
    expect(writable).toEqual(['data:/var/lib/stoa'])
    expect(Object.keys(compose.volumes)).toEqual(['data'])
    expect(read('Dockerfile')).toContain('--owner=1000 --group=1000 /var/lib/stoa')
  })
})

describe.each([`${folder}/README.md`, 'docs/guides/first-steps.md'])('%s', (path) => {
  const page = read(path)

  it('names files that are there', () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)(?:#[\w-]+)?\)/g)].map(
      ([, link = '']) => new URL(link, new URL(path, root)),
    )
    expect(links.length).toBeGreaterThan(5)
    expect(links.filter((link) => !existsSync(link))).toEqual([])
  })

  it('shows commands that are there, with flags that they have', async () => {
    const commands = listDocumentedCommands(page)
    expect(commands.length).toBeGreaterThan(5)
    for (const command of commands) expect(await findUnknown(command), command.text).toEqual([])
  })

  it('has manifests that the apiserver would accept', () => {
    const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
    const manifests = blocks.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown))
    expect(manifests).toHaveLength(path.startsWith('docs') ? 5 : 0)
    for (const manifest of manifests) expect(parseObject(manifest)).toMatchObject({ kind: 'ok' })
  })
})
