import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { GitRepository } from '../../test/support/git-repository.ts'
import { runCommand, type CommandOutcome, type CommandSurroundings } from '../../test/support/command-bench.ts'
import { fixed, HOME, INFRA, record, SHOP } from '../../test/support/plan-manifests.ts'

let repository: GitRepository

beforeEach(async () => {
  repository = await GitRepository.create()
  await repository.write('apps/infra.yaml', INFRA)
})
afterEach(() => repository.remove())

async function plan(args: readonly string[] = [], given: CommandSurroundings = {}): Promise<CommandOutcome> {
  return await runCommand(['plan', ...args], { cwd: repository.path, env: process.env, ...given })
}

function changesOf({ stdout }: CommandOutcome): readonly string[] {
  return stdout.split('\n').flatMap((line) => (/^ {2}[+~<-] /.test(line) ? line.trim() : []))
}

describe('where the trees of stoa plan come from', () => {
  it('compares the working tree with HEAD, leaving ignored files and other repositories out', async () => {
    await repository.write('apps/records.yaml', fixed('a'))
    await repository.write('.gitignore', 'ignored.yaml\n')
    await repository.commit()
    await repository.write('ignored.yaml', 'a: [')
    await repository.write('data/checkouts/.git/HEAD', 'ref: refs/heads/main\n')
    await repository.write('data/checkouts/.git/objects/x', '')
    await repository.write('data/checkouts/.git/refs/x', '')
    await repository.write('data/checkouts/a.yaml', fixed('z'))
    await repository.write('new.yaml', fixed('b'))
    const before = await repository.git('status', '--porcelain=v2')
    const outcome = await plan()
    expect(outcome.code).toBe(0)
    expect(changesOf(outcome)).toEqual(['+ create A b.example.com: 192.0.2.1 (TTL 300)'])
    expect(await repository.git('status', '--porcelain=v2')).toBe(before)
  })

  it('removes nothing where a folder has become a submodule, at a commit or in the working tree', async () => {
    await repository.write('shop/records.yaml', fixed('shop'))
    const before = await repository.commit()
    await repository.git('rm', '--quiet', '-r', 'shop')
    await repository.git('update-index', '--add', '--cacheinfo', `160000,${before},shop`)
    const working = await plan()
    await repository.git('commit', '--quiet', '--message', 'submodule')
    for (const outcome of [working, await plan(['--from', before, '--to', 'HEAD'])]) {
      expect(changesOf(outcome)).toEqual([])
      expect(outcome.stdout + outcome.stderr).toContain('shop: a submodule is not read')
    }
  })

  it('says how to get the history that a clone of one commit does not have', async () => {
    await repository.commit()
    await repository.write('apps/records.yaml', fixed('a'))
    await repository.commit()
    const folder = await mkdtemp(join(tmpdir(), 'stoa-shallow-'))
    try {
      await repository.git('clone', '--quiet', '--depth', '1', `file://${repository.path}`, folder)
      const outcome = await plan(['--from', 'HEAD~1'], { cwd: folder })
      expect(outcome.code).toBe(64)
      expect(outcome.stderr).toContain('HEAD~1, and only a part of the history: git fetch --unshallow brings the rest')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each([[], ['--live']])(
    'does not let a folder without manifests pass for a plan without changes',
    async (...live) => {
      const folder = await mkdtemp(join(tmpdir(), 'stoa-empty-'))
      try {
        const { code, stdout } = await plan(live, { cwd: folder })
        expect(code).toBe(0)
        expect(stdout).toContain(
          'no object of dns.stoa.dev found: check the path; Kustomize and Helm sources need to be',
        )
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  )

  it('compares a folder outside every repository with nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-plain-'))
    try {
      await writeFile(join(folder, 'a.yaml'), INFRA + fixed('a'))
      const outcome = await plan([folder])
      expect(changesOf(outcome)).toEqual(['+ create A a.example.com: 192.0.2.1 (TTL 300)'])
      const refused = await plan([folder, '--from', 'main'])
      expect(refused.code).toBe(64)
      expect(refused.stderr).toContain('is in no Git repository')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('takes what git takes for a commit, and a folder that is new', async () => {
    await repository.commit()
    await repository.write('new/records.yaml', fixed('a'))
    await repository.commit()
    const outcome = await plan([
      'new',
      '--from',
      'HEAD~1',
      '--to',
      await repository.git('rev-parse', '--short', 'HEAD'),
    ])
    expect(changesOf(outcome)).toEqual(['+ create A a.example.com: 192.0.2.1 (TTL 300)'])
  })

  it('says of a repository without a commit that it has none', async () => {
    const outcome = await plan([])
    expect([outcome.code, outcome.stderr]).toEqual([
      64,
      expect.stringContaining('has no commit yet to compare with: make'),
    ])
  })

  it.each([
    ['a ref that is not there', ['--from', 'nowhere'], 'has no branch, tag or commit nowhere'],
    ['a range', ['--from', 'main..HEAD'], 'has no branch, tag or commit main..HEAD'],
    ['a ref that looks like an option', ['--from=--output=/tmp/x'], 'has no branch, tag or commit --output=/tmp/x'],
    ['a path that is not there', ['nowhere'], 'nowhere does not exist'],
    ['a file', ['apps/infra.yaml'], 'apps/infra.yaml is no folder'],
    ['--live with --from', ['--live', '--from', 'main'], '--from: with --live'],
    ['--data without --live', ['--data', 'x'], '--data: is only used with --live'],
    ['a namespace that is none', ['--default-namespace', 'A b'], '--default-namespace: A b is no namespace name'],
    ['a timeout that is none', ['--live', '--timeout', 'soon'], '--timeout: must be a number of seconds'],
  ])('refuses %s', async (_, args, message) => {
    await repository.commit()
    const outcome = await plan(args)
    expect(outcome.code).toBe(64)
    expect(outcome.stderr).toContain(message)
  })
})

describe('how stoa plan prints', () => {
  beforeEach(async () => {
    await repository.write('apps/records.yaml', HOME + fixed('old') + fixed('kept', ', deletionPolicy: Retain'))
    await repository.commit()
    const refused = '{hostnames: [home.example.com, x.example.org], targets: [{addresses: [192.0.2.9]}]}'
    const invalid = '{hostnames: ["a|b.example.org"], targets: [{addresses: [192.0.2.9]}]}'
    await repository.write(
      'apps/records.yaml',
      HOME.replace('targets', 'ttlSeconds: 60, targets') +
        record('web/shop', SHOP) +
        record('web/late', refused) +
        record('web/wrong', invalid),
    )
    await repository.commit()
  })
  const between = ['--from', 'HEAD~1', '--to', 'HEAD']

  it('exits with 2 for changes where that is asked for', async () => {
    expect((await plan([...between, '--detailed-exitcode'])).code).toBe(1)
    await repository.write('apps/records.yaml', HOME + fixed('x'))
    expect((await plan(['--detailed-exitcode'])).code).toBe(2)
    expect((await plan()).code).toBe(0)
  })

  it('writes the Markdown of a pull request', async () => {
    const { stdout } = await plan([...between, '--output', 'markdown'])
    await expect(stdout).toMatchFileSnapshot('../../test/golden/plan-between-commits.md')
  })

  it('writes JSON', async () => {
    const { stdout } = await plan([...between, '--output', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, summary: { create: 1, update: 1, delete: 1, release: 1 } })
  })

  it.each([
    ['on a terminal', true, {}, true],
    ['on a terminal with NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['on a dumb terminal', true, { TERM: 'dumb' }, false],
    ['in a file', false, {}, false],
  ])('has colours %s: %s', async (_, stdoutIsTty, env, isColoured) => {
    const { PATH = '' } = process.env
    const { stdout } = await plan(between, { stdoutIsTty, env: { PATH, ...env } })
    expect(stdout.includes('\u001b[32m')).toBe(isColoured)
  })

  it('shows how far it is on a terminal, and leaves nothing of it', async () => {
    const { stderr } = await plan(between, { stderrIsTty: true })
    expect(stderr).toContain('reading HEAD …')
    expect(stderr.endsWith('\r\u001b[K')).toBe(true)
  })
})

describe('the workflows of examples/ci', () => {
  it.each(['github-actions.yaml', 'gitlab-ci.yaml'])('%s uses options that stoa has', async (file) => {
    const text = await readFile(new URL(`../../examples/ci/${file}`, import.meta.url), 'utf8')
    expect(parse(text)).toBeTypeOf('object')
    const calls = [...text.matchAll(/^.*\bstoa (validate|plan) (.*)$/gm)]
    expect(calls.map(([, command]) => command)).toEqual(['validate', 'plan'])
    for (const [, command = '', rest = ''] of calls) {
      const { stdout: help } = await runCommand([command, '--help'])
      for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(help).toContain(`${option} `)
    }
  })
})
