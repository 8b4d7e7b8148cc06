// The workflows as far as they can be judged without running them: pinned, with few rights, and speaking of what is there.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import packageInfo from '../package.json' with { type: 'json' }

const root = new URL('../', import.meta.url)
const folder = new URL('.github/workflows/', root)

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

type Permissions = Readonly<Record<string, string>>

interface Job {
  readonly 'runs-on': string
  readonly 'timeout-minutes'?: number
  readonly permissions?: Permissions
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> }
  readonly needs?: string
  readonly if?: string
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly name: string
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Permissions
  readonly jobs: Readonly<Record<string, Job>>
}

interface Page {
  readonly file: string
  readonly text: string
  readonly workflow: Workflow
}

const pages: readonly Page[] = readdirSync(folder)
  .sort()
  .map((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    return { file, text, workflow: parse(text) as Workflow }
  })

const workflowOf = (file: string): Workflow | undefined => pages.find((page) => page.file === file)?.workflow
const stepsOf = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(({ steps }) => steps)

it('are these', () => {
  expect(pages.map(({ file }) => file)).toEqual(['code-scanning.yml', 'image.yml', 'release.yml', 'test.yml'])
})

describe.each(pages)('$file', ({ file, text, workflow }) => {
  it('has a name, a trigger, and jobs that end by themselves', () => {
    expect(`${workflow.name}.yml`).toBe(file)
    expect(Object.keys(workflow.on).length).toBeGreaterThan(0)
    for (const job of Object.values(workflow.jobs)) {
      expect(job['runs-on']).toMatch(/^ubuntu-\d/)
      expect(job['timeout-minutes']).toBeGreaterThan(0)
      if (job.needs !== undefined) expect(Object.keys(workflow.jobs)).toContain(job.needs)
    }
  })

  it('may read, and more only in the job that needs it', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    // What a pull request runs is written by anybody.
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target')
  })

  it('holds no secret, and names no registry', () => {
    expect(text).not.toMatch(/secrets\s*[.[]/)
    expect(text).not.toMatch(/ghcr\.io|docker\.io|quay\.io|gcr\.io|npmjs\.org|registry\.[a-z]+\.[a-z]+/)
  })

  it('pins every action to a commit, and says which version that is', () => {
    const uses = [...text.matchAll(/^\s*(?:- )?uses: (.+)$/gm)].map(([, action]) => action)
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((action) => !/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+(?:\.\d+)*$/.test(action ?? ''))).toEqual([])
  })

  it('leaves no token behind in a checkout', () => {
    for (const { uses = '', with: given } of stepsOf(workflow)) {
      if (uses.startsWith('actions/checkout@')) expect(given).toMatchObject({ 'persist-credentials': false })
    }
  })

  it('runs scripts that are there, in which nothing is pasted by the workflow', () => {
    for (const { run } of stepsOf(workflow)) {
      if (run === undefined) continue
      expect(run).not.toContain('${{')
      expect(spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
      const scripts = [...run.matchAll(/\bnpm (?:run (?:--silent )?([\w:]+)|(test)\b)/g)].map(
        ([, script, name]) => script ?? name ?? '',
      )
      expect(scripts.filter((name) => !Object.hasOwn(packageInfo.scripts, name))).toEqual([])
      const paths = [...run.matchAll(/(?:^|\s)((?:scripts|charts|\.ci)\/[\w./-]+)/g)].map(([, path = '']) => path)
      expect(paths.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
    }
  })
})

it('tests run on every Node that is supported, and against real servers', () => {
  const { unit, real } = workflowOf('test.yml')?.jobs ?? {}
  const nodes = unit?.strategy?.matrix['node']
  expect(nodes).toEqual([20, 22, 24])
  expect(packageInfo.engines.node).toMatch(new RegExp(`^>=${String(nodes?.[0])}\\.`))
  expect(unit?.steps.flatMap(({ run }) => run ?? [])).toEqual(['npm ci', 'npm run check', 'npm test'])
  expect(real?.steps.flatMap(({ run }) => run ?? [])).toEqual(['bash .ci/run'])
})

it('the images with and without git are built for both architectures, and pushed with provenance where a registry is named', () => {
  const { build, push } = workflowOf('image.yml')?.jobs ?? {}
  for (const job of [build, push]) {
    const step = job?.steps.find(({ uses = '' }) => uses.startsWith('docker/build-push-action@'))
    expect(step?.with).toMatchObject({ platforms: 'linux/amd64,linux/arm64', push: job === push })
    expect(step?.with).toHaveProperty('target', '${{ matrix.target }}')
  }
  expect(build?.strategy?.matrix).toEqual({ target: ['runtime', 'git'] })
  expect(push?.strategy?.matrix).toEqual({
    include: [
      { target: 'runtime', suffix: '' },
      { target: 'git', suffix: '-git' },
    ],
  })
  expect(build?.permissions).toBeUndefined()
  expect(push?.if).toContain("vars.IMAGE_REGISTRY != ''")
  expect(push?.permissions).toMatchObject({ 'id-token': 'write', attestations: 'write', packages: 'write' })
  expect(push?.steps.at(-1)?.uses).toMatch(/^actions\/attest-build-provenance@/)
})

it('a release is tested, attested, and published by a job that builds nothing', () => {
  const { build, publish } = workflowOf('release.yml')?.jobs ?? {}
  const text = JSON.stringify(build)
  for (const part of [
    'npm test',
    'helm package',
    'scripts/sbom.sh',
    'SHA256SUMS',
    'actions/attest-build-provenance@',
  ]) {
    expect(text).toContain(part)
  }
  expect(build?.permissions).not.toHaveProperty('contents', 'write')
  expect(publish?.needs).toBe('build')
  expect(publish?.permissions).toEqual({ contents: 'write' })
  expect(JSON.stringify(publish)).not.toMatch(/npm |checkout/)
})

it('code is scanned on changes and once a week', () => {
  const workflow = workflowOf('code-scanning.yml')
  expect(Object.keys(workflow?.on ?? {})).toEqual(['push', 'pull_request', 'schedule'])
  expect(Object.values(workflow?.jobs ?? {})[0]?.permissions).toMatchObject({ 'security-events': 'write' })
})
