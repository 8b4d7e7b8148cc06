import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkRef, checkSubPath, locateSource } from './locate-source.ts'

describe('a source', () => {
  it.each([
    ['https://github.com/org/repo.git', 'https'],
    ['https://git.example.com:8443/org/repo', 'https'],
    ['http://127.0.0.1:3000/repo', 'http'],
    ['http://localhost/repo', 'http'],
    ['http://[::1]:3000/repo', 'http'],
    ['ssh://git@example.com:2222/repo', 'ssh'],
    ['git@github.com:org/repo.git', 'ssh'],
    ['example.com:repo', 'ssh'],
  ])('%s is fetched by %s', async (url, protocol) => {
    expect(await locateSource(url, '/')).toEqual({ kind: 'remote', protocol, url })
  })

  it.each([
    ['', 'must be a URL or a path'],
    [' https://example.com/x', 'must be a URL or a path'],
    ['https://example.com/x\n', 'must be a URL or a path'],
    ['--upload-pack=touch /tmp/x', 'looks like an option'],
    ['ext::sh -c touch% /tmp/x', 'names a helper program'],
    ['ssh::x', 'names a helper program'],
    ['git://example.com/x', 'has a protocol that is not allowed'],
    ['ftp://example.com/x', 'has a protocol that is not allowed'],
    ['http://example.com/x', 'over the network unprotected'],
    ['http://127.0.0.1.example.com/x', 'over the network unprotected'],
    ['https://', 'is no URL'],
    ['ssh://-oProxyCommand=x/y', 'is no URL'],
    ['-oProxyCommand=x@host:y', 'looks like an option'],
    ['git@-oProxyCommand=x:y', 'is no address such as'],
    ['git@host:-x', 'is no address such as'],
    [
      'https://me:secret@example.com/x',
      'must not hold a user or password; put the token into the variable STOA_GIT_TOKEN',
    ],
    ['https://token@example.com/x', 'must not hold a user or password'],
    [
      'ssh://git:secret@example.com/x',
      'must not hold a password; name the file of a key in the variable STOA_GIT_SSH_KEY',
    ],
    ['file://elsewhere/x', 'is no path on this machine'],
    ['/etc/passwd', 'is no folder'],
  ])('%j is refused: %s', async (text, message) => {
    const located = locateSource(text, '/')
    await expect(located).rejects.toMatchObject({ kind: 'terminal', reason: 'InvalidSource' })
    await expect(located).rejects.toThrow(message)
    await expect(located).rejects.not.toThrow('secret')
  })

  it.each(['/does/not/exist', 'file:///does/not/exist'])('%s may come yet', async (text) => {
    await expect(locateSource(text, '/')).rejects.toMatchObject({
      ...{ kind: 'terminal', reason: 'SourceMissing' },
      message: expect.stringContaining('does not exist: correct the path, or start again once it is there') as string,
    })
  })

  describe('on this machine', () => {
    let base: string
    beforeAll(async () => {
      base = await mkdtemp(join(tmpdir(), 'stoa-locate-'))
      const git = (...args: string[]): unknown => execFileSync('git', args, { cwd: base, stdio: 'pipe' })
      git('init', '--quiet', 'repository')
      git('init', '--quiet', '--bare', 'bare.git')
      const id = ['-c', 'user.name=t', '-c', 'user.email=t@stoa.test']
      git('-C', 'repository', ...id, 'commit', '--quiet', '--allow-empty', '--message', 'x')
      git('-C', 'repository', 'worktree', 'add', '--quiet', '../linked')
      await mkdir(join(base, 'folder'))
      await writeFile(join(base, 'folder', '.git'), 'something else')
    })
    afterAll(() => rm(base, { recursive: true }))

    it('is a repository, bare or not, a linked working tree, or a plain folder', async () => {
      const own = join(base, 'repository', '.git')
      expect(await locateSource('repository', base)).toEqual({
        kind: 'repository',
        path: join(base, 'repository'),
        folders: { own, common: own },
      })
      expect(await locateSource(pathToFileURL(join(base, 'bare.git')).href, '/')).toMatchObject({
        folders: { own: join(base, 'bare.git') },
      })
      expect(await locateSource('./linked', base)).toMatchObject({
        kind: 'repository',
        folders: { own: join(own, 'worktrees', 'linked'), common: own },
      })
      expect(await locateSource('folder', base)).toEqual({ kind: 'folder', path: join(base, 'folder') })
    })
  })
})

describe('a ref', () => {
  it.each(['HEAD', 'main', 'release/1.2', 'v1.0.0', 'refs/heads/x', '0123456789abcdef0123456789abcdef01234567', 'bad'])(
    'may be %s',
    (ref) => expect(checkRef(ref)).toBe(ref),
  )

  it.each([
    '',
    '--upload-pack=x',
    '-x',
    'a..b',
    'a:b',
    'a b',
    'a\nb',
    'HEAD~1',
    'v1^{}',
    'a@{1}',
    '@',
    'a.lock',
    '/a',
    'a/',
    'a*',
  ])('may not be %j', (ref) => expect(() => checkRef(ref)).toThrow('is no branch, tag or commit id'))

  it('is not the beginning of a commit id, which no server looks up', () => {
    expect(() => checkRef('0123456')).toThrow('write all of it')
  })
})

describe('a folder in the repository', () => {
  it.each([
    ['', ''],
    ['.', ''],
    ['./apps/dns/', 'apps/dns'],
    ['apps//dns', 'apps/dns'],
    ['a/../b', 'b'],
  ])('%j is %j', (path, normal) => expect(checkSubPath(path)).toBe(normal))

  it.each(['/etc', '../x', 'a/../../x', '.git', 'a/.git/hooks', 'a\0b'])('may not be %j', (path) => {
    expect(() => checkSubPath(path)).toThrow('is no folder inside the repository')
  })
})
