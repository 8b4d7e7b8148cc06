import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../test/support/command-bench.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-config-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function refusalOf(text: string): Promise<string> {
  await writeFile(join(folder, 'stoa.yaml'), text)
  const { code, stderr } = await runCommand(['run', '--config', 'stoa.yaml'], { cwd: folder })
  expect(code).toBe(64)
  return stderr
}

describe('the file of stoa run --config', () => {
  it.each([
    [
      'broken lines',
      'pagePort: 0\ngit: https://user:s3cret@x: y\n',
      /stoa\.yaml:2:6 is not readable as YAML: [^\n]+\n/,
    ],
    ['an open quote', 'git: "s3cret\n', /stoa\.yaml:\d:\d+ is not readable as YAML: [^\n]+\n/],
    ['bytes that are no text', 'git: \0', /stoa\.yaml:1:6 is not readable as YAML: the character U\+0000 is not/],
    [
      'two documents',
      'pagePort: 0\n---\npagePort: 1\n',
      /stoa\.yaml:2:1 is not readable as YAML: a second document begins here: leave one of them\n/,
    ],
    ['a setting twice', 'pagePort: 0\npagePort: 1\n', /stoa\.yaml: pagePort is there twice: leave one of them\n/],
    ['no settings', '- s3cret\n', /^error: stoa\.yaml: must hold settings/],
  ])('is refused with %s, and nothing of it is quoted', async (_what, text, message) => {
    const stderr = await refusalOf(text)
    expect(stderr).toMatch(message)
    expect(stderr.split('\n')).toHaveLength(3)
    expect(stderr).not.toContain('s3cret')
  })

  it('has a name', async () => {
    const { code, stderr } = await runCommand(['run', '--config', ''], { cwd: folder })
    expect(code).toBe(64)
    expect(stderr).toContain('--config: is empty; give a value, or leave it out')
  })

  it('has to be there', async () => {
    const { code, stderr } = await runCommand(['run', '--config', 'none.yaml'], { cwd: folder })
    expect({ code, stderr }).toEqual({
      code: 64,
      stderr: 'error: --config: none.yaml cannot be read (ENOENT: no such file or directory)\nsee stoa run --help\n',
    })
  })

  it('may be empty, or say a switch and a port', async () => {
    expect(await refusalOf('# nothing\npath: x\n')).toMatch(/^error: stoa\.yaml: path: only counts with --git/)
    expect(await refusalOf('dryRun: true\nmetricsPort: 70000\n')).toMatch(
      /^error: stoa\.yaml: metricsPort: 70000 is not/,
    )
  })
})
