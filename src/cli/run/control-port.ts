// What the control socket of a Stoa without a cluster may do with its store.
import packageInfo from '../../../package.json' with { type: 'json' }
import type { RunConfig } from '../../config/settings.ts'
import type { ControlPort } from '../../serve/control-socket.ts'
import type { GitStore } from '../../store/git/git-store.ts'
import { describeFinding, formatPlace } from '../../store/git/tree.ts'
import { listRawObjects } from './raw-objects.ts'

export function createControlPort(
  git: GitStore,
  description: string,
  { metricsPort, dryRun }: Pick<RunConfig, 'metricsPort' | 'dryRun'>,
): ControlPort {
  return {
    list: (kind) => {
      const kept = new Set(git.heldRemovals()?.names)
      return [...listRawObjects(git, kind)].map((object) => {
        const { namespace = '', name, deletionTimestamp } = object.metadata
        const isGone = deletionTimestamp !== undefined || kept.has(`${kind} ${namespace}/${name}`)
        const place = isGone ? undefined : git.fileOf(kind, { namespace, name })
        const problem = kind === 'Node' ? undefined : git.get(kind, { namespace, name })?.problem
        return { object, file: place && formatPlace(place), problem }
      })
    },
    report: () => {
      const applied = git.source()
      // The data directory may still remember another one.
      const { commit, time } = applied?.source === description ? applied : {}
      const held = git.heldRemovals()
      return {
        ...{ version: packageInfo.version, source: description, commit, appliedAt: time, metricsPort, dryRun },
        problem: git.health()[0]?.problem,
        findings: git.findings().map(describeFinding),
        heldRemovals: held?.hash === undefined ? undefined : { hash: held.hash, message: held.finding.message },
      }
    },
    annotate: (kind, key, annotations) => git.annotate(kind, key, annotations),
    approveRemovals: (hash) => git.approveRemovals(hash),
    requestSync: () => git.requestSync(),
  }
}
