// The examples are what people copy: each must pass the strictest check, and keep the habits the documentation preaches.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readManifest, type Manifest } from '../src/api/manifest/read-manifest.ts'
import { parseObject } from '../src/api/parse-object.ts'
import { deriveDetectionSpecs } from '../src/reconcile/wan/derive-detection-specs.ts'
import { runStoa } from './support/run-stoa.ts'

const root = new URL('..', import.meta.url).pathname
/** How to install and to plan in pull requests is told there, too, but these are no stories of records. */
const stories = readdirSync(join(root, 'examples')).filter(
  (name) => !['README.md', 'ci', 'flux', 'demo', 'standalone'].includes(name),
)

function readStory(
  story: string,
): readonly { readonly file: string; readonly text: string; readonly manifest: Manifest }[] {
  const folder = join(root, 'examples', story)
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => {
      const bytes = readFileSync(join(folder, file))
      return { file, text: bytes.toString(), manifest: readManifest(bytes) }
    })
}

it('has the stories the documentation tells', () => {
  expect(stories).toEqual([
    'home-wan-gandi',
    'many-tenants',
    'multi-region-failover-route53',
    'node-ingress-cloudflare',
    'onprem-rfc2136',
  ])
})

it('lists them where people look first', () => {
  const index = readFileSync(join(root, 'examples/README.md'), 'utf8')
  expect([...index.matchAll(/\]\(([\w-]+)\/\)/g)].map(([, name]) => name).sort()).toEqual(stories)
})

it('is valid as a whole: no two stories claim the same name', async () => {
  expect(await runStoa(['validate', '--strict', 'examples'], { cwd: root })).toMatchObject({ code: 0, stdout: '' })
})

describe.each(stories)('examples/%s', (story) => {
  const files = readStory(story)
  const objects = files.flatMap(({ manifest }) => manifest.objects)

  it('has no finding and no warning', async () => {
    const { code, stdout, stderr } = await runStoa(['validate', '--strict', `examples/${story}`], { cwd: root })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^checked \d+ objects in \d+ files: no findings\n$/)
  })

  it('has a README that says how to try it', () => {
    const readme = readFileSync(join(root, 'examples', story, 'README.md'), 'utf8')
    expect(readme).toMatch(/^# .+\n[^]*\n## Try it\n/)
    expect(readme).toContain(`stoa validate examples/${story}`)
    const named = [...readme.matchAll(/`([\w.-]+\.yaml)`/g)].map(([, name]) => name)
    const present = files.map(({ file }) => file)
    expect(named.filter((name) => name !== 'secret.yaml' && !present.includes(name ?? ''))).toEqual([])
  })

  it('lists every file but the Secret in its kustomization', () => {
    const kustomization = objects.find(({ kind }) => kind === 'Kustomization')
    const others = files
      .map(({ file }) => file)
      .filter((file) => !/^(?:kustomization|secret\.example)\.yaml$/.test(file))
    expect(new Set(kustomization?.value.resources as readonly string[])).toEqual(new Set(others))
  })

  it('holds placeholders for secrets, which are the ones its providers ask for', () => {
    const secrets = objects.filter(({ kind }) => kind === 'Secret')
    expect(files.find(({ file }) => file === 'secret.example.yaml')?.manifest.objects).toHaveLength(1)
    expect(secrets).toHaveLength(1)
    const wanted = objects
      .filter(({ kind }) => kind === 'DNSProvider')
      .map(
        ({ namespace, value }) =>
          `${namespace}/${(value.spec as { credentialsSecretRef: { name: string } }).credentialsSecretRef.name}`,
      )
    expect(secrets.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(wanted)
  })

  it('asks for WAN addresses in a way the detector understands', () => {
    const parsed = objects.filter(({ kind }) => kind === 'WANAddress').map(({ value }) => parseObject(value))
    const specs = parsed.map((result) =>
      result.kind === 'ok' && result.object.kind === 'WANAddress' ? deriveDetectionSpecs(result.object.spec) : result,
    )
    expect(specs.filter(({ kind }) => kind !== 'ok')).toEqual([])
  })

  it('suspends nothing, and asks before Argo CD removes an important record', () => {
    expect(files.filter(({ text }) => /^\s*suspend:/m.test(text))).toEqual([])
    const careful = files.some(({ text }) =>
      text.includes('argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm'),
    )
    expect(careful).toBe(true)
  })
})
