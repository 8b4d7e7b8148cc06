// `npm run bench:plan`: the plan between two commits of a repository with 10,000 records. Prints time and memory, and fails when the plan is
// not the one that was made up or when either is out of bounds.
import { parseArgs } from 'node:util'
import { runProgram } from '../../src/cli/program.ts'
import { GitRepository } from '../support/git-repository.ts'
import { INFRA, record } from '../support/plan-manifests.ts'

const { values } = parseArgs({ options: { records: { type: 'string', default: '10000' } } })
const RECORDS = Number(values.records)
const PER_FILE = 100
/** Of every hundred records nine are edited and one gives way to a new one. */
const GONE = RECORDS / 100
const EDITED = GONE * 9
/** Several times what it takes: a machine may be slow, but nothing may grow with the square of the records. */
const MOST_SECONDS = 60
const MOST_MIB = 768

interface Summary {
  readonly create: number
  readonly update: number
  readonly delete: number
  readonly refused: number
  readonly unchanged: number
}

const repository = await GitRepository.create()
try {
  await repository.write('infra.yaml', INFRA)
  await writeRecords((index) => manifest(index, 300))
  await repository.commit()
  await writeRecords((index) => {
    if (index % 100 === 50) return manifest(index + RECORDS, 300)
    return manifest(index, index % 10 === 0 ? 60 : 300)
  })
  await repository.commit()
  await measure()
} finally {
  await repository.remove()
}

async function writeRecords(text: (index: number) => string): Promise<void> {
  for (let from = 0; from < RECORDS; from += PER_FILE) {
    const texts = Array.from({ length: Math.min(PER_FILE, RECORDS - from) }, (_, index) => text(from + index))
    await repository.write(`records/${from / PER_FILE}.yaml`, texts.join(''))
  }
}

function manifest(index: number, ttl: number): string {
  const targets = [
    '{nodePool: {name: edge, namespace: infra}}',
    '{wan: {name: default, namespace: infra}}',
    '{addresses: [192.0.2.1, 192.0.2.2]}',
  ]
  const spec = `{hostnames: [host-${index}.example.com], ttlSeconds: ${ttl}, targets: [${targets[index % 3] ?? ''}]}`
  return record(`team-${index % 20}/host-${index}`, spec)
}

async function measure(): Promise<void> {
  const out: string[] = []
  let progress = 0
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50)
  const before = process.memoryUsage().rss
  const start = performance.now()
  await runProgram(['plan', '--from', 'HEAD~1', '--to', 'HEAD', '--output', 'json'], {
    stdout: (text) => void out.push(text),
    stderr: () => void (progress += 1),
    ...{ stdoutIsTty: false, stderrIsTty: true, env: process.env, cwd: repository.path },
    stdin: () => {
      throw new Error('nobody reads')
    },
    setExitCode: (code) => expectEqual('exit code', code, 0),
    signal: new AbortController().signal,
  })
  const seconds = (performance.now() - start) / 1_000
  clearInterval(watch)
  peak = Math.max(peak, process.memoryUsage().rss)
  const { summary } = JSON.parse(out.join('')) as { readonly summary: Summary }
  const figures = {
    records: RECORDS,
    seconds: Number(seconds.toFixed(1)),
    peakMiB: Math.round(peak / 2 ** 20),
    beforeMiB: Math.round(before / 2 ** 20),
    progressLines: progress,
    ...summary,
  }
  process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`)
  expectEqual('created', summary.create, GONE)
  expectEqual('deleted', summary.delete, GONE)
  expectEqual('updated', summary.update, EDITED)
  expectEqual('refused', summary.refused, 0)
  expectBelow('seconds', seconds, MOST_SECONDS)
  expectBelow('MiB', figures.peakMiB, MOST_MIB)
  if (progress < 10) throw new Error(`the progress line was shown ${progress} times only`)
}

function expectEqual(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`)
}

function expectBelow(what: string, found: number, most: number): void {
  if (found > most) throw new Error(`${what}: ${found}, more than ${most}`)
}
