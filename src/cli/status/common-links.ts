// The links that every kind has: where it is written, and what its conditions say.
import type { StatusCondition } from '../../api/generated/dynamic-dns-record.ts'
import type { KindName, ObjectMeta } from '../../api/kinds.ts'
import type { ControlReport } from '../../serve/control-socket.ts'
import type { PrintCommand } from '../remote/printed-commands.ts'
import { bad, good, judged, plain, type Explanation, type Line, type Link } from './explanation.ts'

export interface Described {
  readonly kind: KindName
  readonly metadata: ObjectMeta
  /** Some kinds can be suspended. */
  readonly spec: object
  readonly status: { readonly conditions?: readonly StatusCondition[]; readonly observedGeneration?: number }
  readonly file: string | undefined
  readonly problem: string | undefined
}

export function readReady({
  status,
  problem,
}: Pick<Described, 'status' | 'problem'>): Pick<Explanation, 'isReady' | 'summary'> {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')
  if (ready === undefined) return { isReady: false, summary: problem ?? 'no controller has looked at it yet' }
  return { isReady: ready.status === 'True', summary: `${describeReady(ready)}: ${ready.message}` }
}

/** `NotReady (BelowMinimum)` */
export function describeReady({ status, reason }: StatusCondition): string {
  const words = { True: 'Ready', False: 'Not ready', Unknown: 'Under way' } as const
  return `${words[status]} (${reason})`
}

export function writtenLink({ metadata, file, problem }: Described, report: ControlReport | undefined): Link {
  const written = report === undefined ? describeOrigin(metadata) : describeFile(file, report)
  const lines: Line[] = [isKept({ metadata, file }, report) ? bad(`${written}, and kept nevertheless`) : plain(written)]
  if (problem !== undefined) lines.push(bad(problem))
  if (report?.problem !== undefined) lines.push(bad(report.problem))
  return { label: 'Written', lines }
}

function describeFile(file: string | undefined, { source, commit }: ControlReport): string {
  const where = `${source}${commit === undefined ? '' : `, commit ${commit.slice(0, 12)}`}`
  return file === undefined ? `no longer in ${where}` : `in ${file} of ${where}`
}

/** Without a cluster: its manifest is gone, but removals are held. */
function isKept({ metadata, file }: Pick<Described, 'metadata' | 'file'>, report: ControlReport | undefined): boolean {
  return report !== undefined && file === undefined && metadata.deletionTimestamp === undefined
}

/** Programs that bring objects from Git leave their marks on them. */
function describeOrigin({ labels = {}, annotations = {} }: ObjectMeta): string {
  const tracking = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0] ?? labels['argocd.argoproj.io/instance']
  if (tracking !== undefined) return `brought by Argo CD application ${tracking}`
  for (const [kind, group] of [
    ['Kustomization', 'kustomize.toolkit.fluxcd.io'],
    ['HelmRelease', 'helm.toolkit.fluxcd.io'],
  ] as const) {
    const name = labels[`${group}/name`]
    if (name !== undefined) return `brought by Flux ${kind} ${labels[`${group}/namespace`] ?? ''}/${name}`
  }
  const release = annotations['meta.helm.sh/release-name']
  return release === undefined ? 'applied to the cluster' : `installed by Helm release ${release}`
}

export function objectLink({ metadata, spec, status }: Described, more: readonly Line[] = []): Link {
  const { generation, deletionTimestamp } = metadata
  const { observedGeneration = -1 } = status
  const lines = [
    observedGeneration >= generation
      ? good(`generation ${generation} has been looked at`)
      : bad(`generation ${generation} has not been looked at yet; what follows speaks of the one before`),
  ]
  if (deletionTimestamp !== undefined) lines.push(plain(`being deleted since ${deletionTimestamp}`))
  if (isSuspended(spec)) lines.push(bad('spec.suspend is true: nothing changes while it is'))
  return { label: 'Object', lines: [...lines, ...more] }
}

export function conditionLines({ status }: Pick<Described, 'status'>, types: readonly string[]): readonly Line[] {
  return (status.conditions ?? [])
    .filter(({ type }) => types.includes(type))
    .map((condition) => judged(condition.status === 'True', `${condition.type}: ${condition.message}`))
}

function isSuspended(spec: object): boolean {
  return 'suspend' in spec && spec.suspend === true
}

/** What a person does about an object before its own parts are looked at. */
export function commonSteps(
  described: Described,
  name: string,
  { report, print }: { readonly report: ControlReport | undefined; readonly print: PrintCommand },
): readonly string[] {
  const { metadata, spec, status, problem } = described
  if (isKept(described, report)) {
    return [`put its manifest back, or see what its removal waits for: ${print('doctor')}`]
  }
  if (problem !== undefined) return [`correct the manifest: ${problem}`]
  if (isSuspended(spec)) return ['set spec.suspend to false, or take it out, to let it go on']
  if (status.conditions === undefined || (status.observedGeneration ?? -1) < metadata.generation) {
    return [
      `wait a moment; if it stays so, no controller is working: see ${print('doctor')}, or ask again with ${print(`refresh ${name}`)}`,
    ]
  }
  return []
}
