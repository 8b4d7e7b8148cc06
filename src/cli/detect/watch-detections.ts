// `stoa detect --watch`: goes on asking until it is stopped, and prints what changes.
import { detectAddress } from '../../observe/wan/detect-address.ts'
import type { Detection } from '../../observe/wan/detection.ts'
import { Detectors } from '../../observe/wan/detectors.ts'
import type { DetectionSpec } from '../../observe/wan/detection-spec.ts'
import type { Observation } from '../../observe/wan/observation.ts'
import type { CommandIo } from '../command-io.ts'
import { formatVerdict, toJson } from './format-detection.ts'
import type { DetectWorld } from './detect-world.ts'

/** Resolves when stopped, with what was last known. */
export async function watchDetections(
  specs: readonly DetectionSpec[],
  { ports, findConcern }: DetectWorld,
  io: CommandIo,
  json: boolean,
): Promise<readonly Detection[]> {
  const detectors = new Detectors({
    ...ports,
    detect: (spec, options, signal) => detectAddress(spec, ports, options, signal),
  })
  const subscriptions = specs.map((spec) => {
    let shown = ''
    return detectors.subscribe(spec, ({ detection }: Observation) => {
      const state = detection.kind === 'known' ? detection.address : detection.reason
      if (state === shown) return
      shown = state
      const time = new Date(ports.clock.now()).toISOString()
      const concern = findConcern(detection)
      io.stdout(
        json ? `${JSON.stringify({ time, ...toJson(detection, concern) })}\n` : `${time} ${formatVerdict(detection)}\n`,
      )
      if (concern !== undefined) io.stderr(`warning: ${concern.message}\n`)
    })
  })
  await new Promise<void>((resolve) => {
    if (io.signal.aborted) resolve()
    io.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  await detectors.close()
  return subscriptions.map(({ observation }) => observation.detection)
}
