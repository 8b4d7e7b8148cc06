// The bundle as users get it: arguments, streams, signals and exit codes of real processes.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import packageInfo from '../package.json' with { type: 'json' }
import { freePortBase } from './support/free-port.ts'
import { BUNDLE, runStoa } from './support/run-stoa.ts'

const PROVIDER = `apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: {name: main, namespace: web}
spec: {type: Route53, zones: [example.com]}
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stoa-cli-'))
  await chmod(folder, 0o755)
  await writeFile(join(folder, 'ok.yaml'), PROVIDER)
})
afterAll(() => rm(folder, { recursive: true }))

describe('stoa', () => {
  it('prints its version', async () => {
    expect(await runStoa(['--version'])).toEqual({ code: 0, stdout: `stoa ${packageInfo.version}\n`, stderr: '' })
  })

  it('prints help on request to standard output, and on an empty command line to standard error with 64', async () => {
    const asked = await runStoa(['--help'])
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(asked.stdout).toMatch(/^Usage: stoa .*validate/s)
    expect(await runStoa([])).toEqual({ code: 64, stdout: '', stderr: asked.stdout })
  })

  it('tells of wrong usage where help is found', async () => {
    expect(await runStoa(['validat'])).toEqual({
      code: 64,
      stdout: '',
      stderr: "error: unknown command 'validat'\n(Did you mean validate?)\nsee stoa --help\n",
    })
  })
})

describe('a folder that was removed', () => {
  it('is said to be gone by a command that is started in it', async () => {
    const gone = await mkdtemp(join(folder, 'gone-'))
    const command = 'cd "$2" && rmdir "$2" && "$0" "$1" validate .'
    const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, BUNDLE, gone], { encoding: 'utf8' })
    const message = 'error: the folder in which this was started is gone: change to one that is there\n'
    expect({ status, stderr }).toEqual({ status: 1, stderr: message })
  })
})

describe('stoa validate', () => {
  it('reads standard input and files', async () => {
    const { code, stderr } = await runStoa(['validate', '-', 'ok.yaml'], { cwd: folder, stdin: 'replicas: 3\n' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'checked 1 object in 2 files: no findings\n' })
  })

  it('ends quietly when nobody reads its output any more', async () => {
    const many = Array.from({ length: 20_000 }, () => '--- x\n').join('')
    await writeFile(join(folder, 'many.yaml'), many)
    const command = '"$0" "$1" validate many.yaml | head -n 1'
    const options = { cwd: folder, encoding: 'utf8', stdio: 'pipe' } as const
    const output = execFileSync('sh', ['-c', command, process.execPath, BUNDLE], options)
    expect(output).toMatch(/^many\.yaml:1:1: error: .*\n$/)
  })

  it('says what is wrong when its output cannot be written, and goes on without what it tells beside it', () => {
    const run = (redirection: string): unknown => {
      const command = `"$0" "$1" validate --output json ok.yaml ${redirection}`
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, BUNDLE], {
        cwd: folder,
        encoding: 'utf8',
      })
      return { status, stdout: stdout.slice(0, 1), stderr }
    }
    const lost = 'error: standard output cannot be written (ENOSPC: no space left on device)\n'
    expect(run('>/dev/full')).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining(lost) as string })
    expect(run('2>/dev/full')).toEqual({ status: 0, stdout: '{', stderr: '' })
  })

  it('ends on a signal with 130 while it waits for input', async () => {
    const child = spawn(process.execPath, [BUNDLE, 'validate', '-'], { stdio: ['pipe', 'ignore', 'pipe'] })
    const stderr: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
    const ended = new Promise((resolve) => child.on('close', resolve))
    // More than a pipe holds: once it is through, the command is up and reading.
    await new Promise((resolve) => child.stdin.write('#\n'.repeat(200_000), resolve))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(stderr.join('')).toBe('')
  })
})

describe('stoa demo', () => {
  it.each(['SIGHUP', 'SIGTERM', 'a reader that leaves'])(
    'leaves nothing behind after %s',
    async (end) => {
      const env = { ...process.env, TMPDIR: await mkdtemp(join(folder, 'demo-')) }
      const child = spawn(process.execPath, [BUNDLE, 'demo', '--port-base', String(await freePortBase(4))], {
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)))
      const begun = new Promise((resolve) => child.stdout.once('data', resolve))
      // At once: who leaves after the last line is missed by nobody.
      if (end === 'a reader that leaves') child.stdout.destroy()
      else await begun
      if (end === 'SIGHUP' || end === 'SIGTERM') child.kill(end)
      expect([await ended, await readdir(env.TMPDIR)]).toEqual([0, []])
    },
    30_000,
  )
})

describe('stoa run', () => {
  it('goes on when nobody reads its log any more', async () => {
    const manifests = join(folder, 'followed')
    await mkdir(manifests)
    const ports = ['--metrics-port', '0', '--page-port', '0', '--view-port', '0', '--dns-port', '0']
    const args = [BUNDLE, 'run', '--git', manifests, '--data', join(folder, 'data'), ...ports]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = new Promise((resolve) => child.on('exit', resolve))
    await new Promise((resolve) => child.stderr.once('data', resolve))
    child.stderr.destroy()
    // Findings are logged within a second.
    await writeFile(join(manifests, 'bad.yaml'), 'kind: DNSProvider\n')
    expect(await Promise.race([ended, setTimeout(4_000, 'goes on')])).toBe('goes on')
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  }, 20_000)
})

describe('hostile input', () => {
  it.each([
    [
      'an alias bomb',
      `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`).join('\n')}`,
      /^<stdin>:\d+:\d+: error: not readable as YAML: aliases blow/,
    ],
    ['deep nesting', '['.repeat(1_000_000), /nested more than 200 levels deep/],
    ['deep block nesting', '- '.repeat(1_000_000), /nested more than 200 levels deep/],
    ['a flood of tokens', `[${'1,'.repeat(2_000_000)}]`, /more than 2000000 tokens/],
    ['a flood of documents', '---\na\n'.repeat(60_000), /more than 50000 documents/],
    ['a flood of JSON values', '{}'.repeat(1_000_000), /more than 50000 documents/],
    ['quotes that never end', `{${'"\\'.repeat(500_000)}`, /not readable as YAML/],
    ['more than the limit', Buffer.alloc(20 * 1024 * 1024, 'a'), /larger than 8 MiB/],
    ['invalid UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xc3, 0x28]), /^<stdin>:1:4: error: byte 4 is not valid UTF-8/],
  ])('%s is refused with a message', async (_what, stdin, message) => {
    const { code, stdout, stderr } = await runStoa(['validate', '-'], { stdin })
    expect(stdout).toMatch(message)
    expect(stderr).toMatch(/^checked 0 objects in 1 file: \d+ errors?\n$/)
    expect(code).toBe(1)
  })

  it('pollutes no prototype', async () => {
    const text = `${PROVIDER}__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n`
    const { code, stdout } = await runStoa(['validate', '-'], { stdin: text })
    expect(code).toBe(1)
    expect(stdout.split('\n').map((line) => line.replace(/^.*error: /, ''))).toEqual([
      'DNSProvider web/main __proto__: is not a field here; remove it',
      'DNSProvider web/main constructor: is not a field here; remove it',
      '',
    ])
  })

  it('never waits for a pipe, a socket or a device', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
    const server = createServer().listen(join(folder, 'socket.yaml'))
    try {
      expect(await runStoa(['validate', '.'], { cwd: folder })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('checked 1 object') as string,
      })
      for (const path of ['pipe.yaml', 'socket.yaml', '/dev/zero']) {
        const { code, stderr } = await runStoa(['validate', path], { cwd: folder })
        expect(stderr).toContain(
          `error: ${path} is neither a file nor a folder; pipe it instead: stoa validate - < ${path}`,
        )
        expect(code).toBe(64)
      }
    } finally {
      server.close()
    }
  })

  it('that cannot be read is told, and the rest is still checked', async () => {
    await writeFile(join(folder, 'secret.yaml'), PROVIDER)
    await chmod(join(folder, 'secret.yaml'), 0o000)
    // Nothing is closed to root: as root, run as nobody.
    const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const { code, stdout, stderr } = await runStoa(['validate', 'secret.yaml', 'ok.yaml'], { cwd: folder, ...identity })
    expect(stdout).toBe('secret.yaml: error: cannot be read (EACCES: permission denied)\n')
    expect(stderr).toBe('checked 1 object in 2 files: 1 error\n')
    expect(code).toBe(1)
  })
})
