// What a demo tells: what runs where, what to try, and then every change as it happens.
import { findCondition } from '../../api/conditions.ts'
import type { ZoneReport } from '../../apply/zone-pass.ts'
import { describeChange } from '../../plan/describe-change.ts'
import { TerminalError, type ReconcileError } from '../../model/errors.ts'
import type { GitStore } from '../../store/git/git-store.ts'
import type { DemoPlace } from './demo-place.ts'

const CANNOT_LISTEN = 'CannotListen'

/** Who only wants to see it work has no interest in which of the four ports is taken. */
export function describeFailure({ reason, message }: ReconcileError): string {
  if (reason !== CANNOT_LISTEN) return message
  return `${message}: --port-base N takes the four from N (npm start -- --port-base 15300)`
}

export function describePlace({ ports, repository, data, command }: DemoPlace, seconds: string): string {
  const dig = `dig @127.0.0.1 -p ${ports.dns}`
  return `
Stoa follows a Git repository and keeps the zone stoa.test true to it. Everything is on this machine. Ready after ${seconds} s.

  name server   127.0.0.1:${ports.dns} (UDP and TCP)
  kubectl view  http://127.0.0.1:${ports.view} (read-only)
  page          http://127.0.0.1:${ports.page}/ and /raw
  health        http://127.0.0.1:${ports.metrics}/health and /metrics
  repository    ${repository}

Ask:
  ${dig} home.stoa.test +short
  ${dig} shop.stoa.test +short
  kubectl --kubeconfig ${data}/kubeconfig get ddr,wan,dnsp -A

Change the world, from another terminal:
  ${command} wan 203.0.113.99         the public address is another one
  ${command} taint node-2             one taint of two; the same once more for the second
  ${command} break provider           and then: ${command} heal

Change what is wanted:
  cd ${repository} && sed -i s/shop.stoa.test/store.stoa.test/g shop.yaml && git commit -am 'Another name'
  stoa approve provider/local --yes --data ${data}     the names of before wait for this: deleting so much of a zone is held

Ctrl-C ends it and leaves nothing. In a checkout \`stoa\` is \`node dist/stoa.js\`.

`
}

/** One line for each change that was made. What could not be made is a warning in the log. */
export function describePass({ outcomes }: ZoneReport, time: string): string {
  const made = outcomes.filter(({ kind }) => kind === 'applied')
  return made.map(({ change }) => `${time}  ${describeChange(change)}\n`).join('')
}

/** Without its name server a demo would wait for ever. */
export function findObstacle(store: Pick<GitStore, 'list'>): TerminalError | undefined {
  const conditions = [...store.list('DNSProvider')].map(({ status }) =>
    findCondition(status?.conditions ?? [], 'Ready'),
  )
  const found = conditions.find((ready) => ready?.reason === CANNOT_LISTEN)
  return found && new TerminalError(found.reason, found.message)
}

/** Whether every record says that it is as wanted. */
export function isAllReady(store: Pick<GitStore, 'list'>): boolean {
  const records = [...store.list('DynamicDNSRecord')]
  const isReady = ({ status, metadata }: (typeof records)[number]): boolean =>
    status?.observedGeneration === metadata.generation &&
    findCondition(status.conditions ?? [], 'Ready')?.status === 'True'
  return records.length > 0 && records.every(isReady)
}
