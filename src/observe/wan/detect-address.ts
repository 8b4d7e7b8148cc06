// One detection: gather whom to ask, ask them, say what came of it.
import type { Clock, Random } from '../../model/clock.ts'
import { describeRefusal } from './admit-address.ts'
import { askSources } from './ask-sources.ts'
import { createSources } from './create-sources.ts'
import { describeUnknown } from './describe-detection.ts'
import { describeFailure } from '../../model/describe-failure.ts'
import type { DetectPorts } from './detect-ports.ts'
import type { Detection, SourceOutcome, UnknownReason, WanSource } from './detection.ts'
import type { DetectionSpec } from './detection-spec.ts'
import { followAbort } from './follow-abort.ts'
import { countOperators } from './judge-quorum.ts'
import { NO_HINTS, orderSources, type OrderHints } from './order-sources.ts'
import type { StunServer } from './stun/stun-server.ts'

export interface DetectOptions {
  readonly hints?: OrderHints
  readonly onOutcome?: (outcome: SourceOutcome) => void
  /** Hears who could be asked, before anyone is. */
  readonly onSources?: (sources: readonly WanSource[]) => void
}

/** Rejects only when aborted; everything else is a Detection. */
export async function detectAddress(
  spec: DetectionSpec,
  ports: DetectPorts,
  options: DetectOptions,
  signal: AbortSignal,
): Promise<Detection> {
  const startedAt = ports.clock.monotonicNow()
  const { servers, problems } = await loadServerLists(spec, ports, signal)
  const sources = createSources(spec, servers, ports)
  if (problems.length > 0 && findObstacle(spec, sources) === 'TooFewOperators') {
    // The list may hold all that is missing, so it is to blame, and only for now.
    const message = problems.join('; ')
    return { kind: 'unknown', family: spec.family, reason: 'NoServerList', summary: message, message, answers: [] }
  }
  const timeoutMs = spec.timeoutMs - (ports.clock.monotonicNow() - startedAt)
  return detectAmong(sources, { ...spec, timeoutMs }, { ...options, ...ports }, signal)
}

/** As `detectAddress`, with sources that are there already. */
export async function detectAmong(
  sources: readonly WanSource[],
  spec: DetectionSpec,
  options: DetectOptions & { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
): Promise<Detection> {
  const { clock, random, hints = NO_HINTS, onOutcome } = options
  options.onSources?.(sources)
  const obstacle = findObstacle(spec, sources)
  if (obstacle !== undefined) {
    const unasked = sources.map((source): SourceOutcome => ({ source, result: { kind: 'unneeded' }, elapsedMs: 0 }))
    return createUnknown(obstacle, spec, unasked)
  }
  const { verdict, outcomes } = await askSources(
    orderSources(sources, hints, spec.requireAuthenticated, random),
    {
      policy: spec,
      timeoutMs: spec.timeoutMs,
      clock,
      refuse: (address) => describeRefusal(address, spec),
      ...(onOutcome === undefined ? {} : { onOutcome }),
    },
    signal,
  )
  if (verdict.kind === 'known') {
    return { kind: 'known', family: spec.family, address: verdict.address, answers: outcomes }
  }
  return createUnknown(verdict.kind === 'unknown' ? verdict.reason : 'NoQuorum', spec, outcomes)
}

interface LoadedLists {
  readonly servers: readonly StunServer[]
  readonly problems: readonly string[]
}

/** Lists get half of the time at most, and none at all when the quorum can do without: what comes late is there for the next round. */
async function loadServerLists(spec: DetectionSpec, ports: DetectPorts, signal: AbortSignal): Promise<LoadedLists> {
  const urls = spec.stun?.serverListUrls ?? []
  if (urls.length === 0) return { servers: [], problems: [] }
  const isEnough = findObstacle(spec, createSources(spec, [], ports)) !== 'TooFewOperators'
  const patience = followAbort(signal)
  const limit = ports.clock.sleep(isEnough ? 0 : spec.timeoutMs / 2, patience.signal)
  const expired = limit.then(() => Promise.reject(new Error('the server list is not there yet')))
  const loads = await Promise.allSettled(
    urls.map((url) => Promise.race([ports.serverLists.load(url, spec.family, signal), expired])),
  )
  patience.abort()
  patience.release()
  signal.throwIfAborted()
  return {
    servers: loads.flatMap((load) => (load.status === 'fulfilled' ? load.value : [])),
    problems: loads.flatMap((load) => (load.status === 'rejected' ? [describeFailure(load.reason)] : [])),
  }
}

function findObstacle(spec: DetectionSpec, sources: readonly WanSource[]): UnknownReason | undefined {
  if (countOperators(sources) < spec.quorum) return 'TooFewOperators'
  const lacksTls = spec.requireAuthenticated && !sources.some(({ authenticated }) => authenticated)
  return lacksTls ? 'NoAuthenticatedSource' : undefined
}

function createUnknown(reason: UnknownReason, spec: DetectionSpec, answers: readonly SourceOutcome[]): Detection {
  return { kind: 'unknown', family: spec.family, reason, ...describeUnknown(reason, spec, answers), answers }
}
