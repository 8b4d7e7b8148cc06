import { expect, it } from 'vitest'
import type { CommandIo } from './command-io.ts'
import { runProgram } from './program.ts'

async function runFailing(
  env: CommandIo['env'],
  signal = new AbortController().signal,
): Promise<{ code?: number; stderr: string }> {
  const outcome: { code?: number; stderr: string } = { stderr: '' }
  await runProgram(['--help'], {
    stdout: () => {
      throw new Error('the disk\nis full')
    },
    stderr: (text) => void (outcome.stderr += text),
    stdoutIsTty: false,
    stderrIsTty: false,
    env,
    cwd: '/',
    stdin: () => {
      throw new Error('nobody reads')
    },
    setExitCode: (code) => void (outcome.code = code),
    signal,
  })
  return outcome
}

it('tells an unexpected error in one line', async () => {
  expect(await runFailing({})).toEqual({
    code: 1,
    stderr: 'error: the disk is full (unexpected; STOA_DEBUG=1 shows where)\n',
  })
})

it('shows where it came from with STOA_DEBUG=1', async () => {
  const { code, stderr } = await runFailing({ STOA_DEBUG: '1' })
  expect(stderr).toMatch(/^Error: the disk\nis full\n +at .*program\.test\.ts/)
  expect(code).toBe(1)
})

it('says nothing of errors after the user has stopped it', async () => {
  expect(await runFailing({}, AbortSignal.abort())).toEqual({ code: 130, stderr: '' })
})
