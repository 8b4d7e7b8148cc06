// What `stoa detect` does once its flags are read.
import { createSources } from '../../observe/wan/create-sources.ts'
import { detectAddress } from '../../observe/wan/detect-address.ts'
import type { Detection } from '../../observe/wan/detection.ts'
import { DEFAULT_TIMEOUT_MS, type DetectionSpec } from '../../observe/wan/detection-spec.ts'
import { countOperators } from '../../observe/wan/judge-quorum.ts'
import type { CommandIo } from '../command-io.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../usage-error.ts'
import { forbidQuestionFlags, readQuestion, readQuorum, readTimeoutMs, type DetectFlags } from './detect-flags.ts'
import { createDetectWorld, type DetectWorld } from './detect-world.ts'
import { formatDetection, toJson } from './format-detection.ts'
import { createProgressLine } from './progress-line.ts'
import { watchDetections } from './watch-detections.ts'

export async function runDetect(flags: DetectFlags, io: CommandIo): Promise<void> {
  const world = createDetectWorld(io)
  try {
    const specs = await readSpecs(flags, io, world)
    const detections = flags.watch
      ? await watchDetections(specs, world, io, flags.json)
      : await detectOnce(specs, world, io, flags.json)
    io.setExitCode(detections.every(({ kind }) => kind === 'known') ? EXIT.fine : EXIT.failure)
  } finally {
    world.close()
  }
}

async function readSpecs(flags: DetectFlags, io: CommandIo, world: DetectWorld): Promise<readonly DetectionSpec[]> {
  const timeoutMs = readTimeoutMs(flags)
  const family = flags.family === '6' ? 'IPv6' : 'IPv4'
  if (flags.config === undefined)
    return [readFlags(flags, { family, timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS }, io, world)]
  forbidQuestionFlags(flags)
  // The schemas are only loaded where a manifest is to be read.
  const { readDetectionSpecs } = await import('./read-wan-address.ts')
  const all = await readDetectionSpecs(flags.config, io)
  const specs = flags.family === undefined ? all : all.filter((spec) => spec.family === family)
  if (specs.length === 0) throw new UsageError(`--family ${flags.family}: ${flags.config} does not ask for ${family}`)
  return timeoutMs === undefined ? specs : specs.map((spec) => ({ ...spec, timeoutMs }))
}

function readFlags(
  flags: DetectFlags,
  given: Pick<DetectionSpec, 'family' | 'timeoutMs'>,
  io: CommandIo,
  { ports }: DetectWorld,
): DetectionSpec {
  const spec: DetectionSpec = {
    ...readQuestion(flags),
    ...given,
    quorum: readQuorum(flags) ?? 2,
    requireAuthenticated: flags.requireAuthenticated === true,
    confirmChanges: true,
    allowNonGlobalCidrs: [],
    denyCidrs: [],
    intervalSeconds: 30,
    maxAgeSeconds: 600,
  }
  if (flags.quorum !== undefined || countOperators(createSources(spec, [], ports)) > 1) return spec
  io.stderr('note: only one operator is asked, so nobody confirms its answer\n')
  return { ...spec, quorum: 1 }
}

async function detectOnce(
  specs: readonly DetectionSpec[],
  { ports, findConcern }: DetectWorld,
  io: CommandIo,
  json: boolean,
): Promise<readonly Detection[]> {
  const progress = createProgressLine(io)
  const options = {
    onSources: (sources: readonly unknown[]) => progress.addSources(sources.length),
    onOutcome: () => progress.addAnswer(),
  }
  const asked = specs.map((spec) => detectAddress(spec, ports, options, io.signal))
  const detections = await Promise.all(asked).finally(() => progress.clear())
  const concerns = detections.map(findConcern)
  if (json) {
    const results = detections.map((detection, index) => toJson(detection, concerns[index]))
    io.stdout(`${JSON.stringify({ results }, undefined, 2)}\n`)
  } else io.stdout(detections.map(formatDetection).join('\n'))
  for (const concern of concerns) if (concern !== undefined) io.stderr(`warning: ${concern.message}\n`)
  return detections
}
