import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../test/support/command-bench.ts'
import { readHookSecret } from './read-hook-secret.ts'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'stoa-hook-'))
})
afterEach(() => rm(cwd, { recursive: true }))

describe('the secret of the webhook', () => {
  it('is what the file holds, without the end of its line', async () => {
    await writeFile(join(cwd, 'secret'), 'abc\n')
    expect(await readHookSecret({ hookSecretFile: 'secret', pagePort: 1 }, { cwd })).toBe('abc')
  })

  it('is none where no file is named', async () => {
    expect(await readHookSecret({ hookSecretFile: undefined, pagePort: 0 }, { cwd })).toBeUndefined()
  })

  it.each([
    ['is not there', 'missing', [], 'missing cannot be read (ENOENT: no such file or directory)'],
    ['is no file', '.', [], '. cannot be read (EISDIR'],
    ['is empty', 'empty', [], 'empty is empty: write the secret into it that the Git host signs with'],
    [
      'has no page to come to',
      'secret',
      ['--page-port', '0'],
      'webhooks come to the page, which --page-port 0 turns off',
    ],
  ])('ends the process with 64 where it %s', async (_what, file, more, words) => {
    await writeFile(join(cwd, 'empty'), ' \n')
    await writeFile(join(cwd, 'secret'), 'abc')
    const ports = ['--metrics-port', '0', '--view-port', '0', '--dns-port', '0']
    const args = ['run', '--git', '.', '--data', 'data', '--hook-secret-file', file, ...ports, ...more]
    const { code, stderr } = await runCommand(args, { cwd })
    expect(stderr).toContain(`--hook-secret-file (STOA_HOOK_SECRET_FILE, hookSecretFile): ${words}`)
    expect(code).toBe(64)
  })
})
