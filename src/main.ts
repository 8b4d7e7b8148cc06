// Where the process meets the program: signals, streams and the exit code are handled here and nowhere else.
import { addAbortSignal } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import type { CommandIo } from './cli/command-io.ts'
import { describeSystemError } from './model/describe-system-error.ts'
import { EXIT } from './cli/exit-codes.ts'
import { runProgram } from './cli/program.ts'

// A controller lives in the memory of its node for months: the heap may be a fifth more than what is alive, not half as much again, and
// pages of which little is alive are emptied into others. After many status writes a third of the heap was such pages.
setFlagsFromString('--heap-growing-percent=20')
setFlagsFromString('--optimize-for-size')
// To wake helpers for the few megabytes of a nursery takes longer than they save, where others want the cores, too.
setFlagsFromString('--no-parallel-scavenge')

const interruption = new AbortController()
// Once only: a second signal ends a command that does not stop by itself.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort())

// A reader such as `head` may leave early; there is nobody left to tell, and the command puts away what it made, such as the folder of a
// demo. Output that is lost in another way is a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || interruption.signal.aborted) {
    interruption.abort()
    return
  }
  process.stderr.write(`error: standard output cannot be written (${describeSystemError(error)})\n`)
  process.exitCode = EXIT.failure
  process.exit()
})
// What is told beside the output is lost then, and nothing else: a controller outlives the disk or the reader of its log.
process.stderr.on('error', () => undefined)

function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    process.stderr.write('error: the folder in which this was started is gone: change to one that is there\n')
    process.exit(EXIT.failure)
  }
}

const io: CommandIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  stdoutIsTty: Boolean(process.stdout.isTTY),
  stderrIsTty: Boolean(process.stderr.isTTY),
  env: process.env,
  cwd: currentFolder(),
  stdin: () => addAbortSignal(interruption.signal, process.stdin),
  setExitCode: (code) => void (process.exitCode = code),
  signal: interruption.signal,
}

await runProgram(process.argv.slice(2), io)
