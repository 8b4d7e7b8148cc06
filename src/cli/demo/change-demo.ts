// What `stoa demo wan`, `taint`, `untaint`, `break` and `heal` do to a running demo.
import { parseIpAddress } from '../../model/address.ts'
import type { CommandIo } from '../command-io.ts'
import { CommandError } from '../command-error.ts'
import type { DemoChange, DemoFlags } from './demo-change.ts'
import { UsageError } from '../usage-error.ts'
import { askControl } from './demo-control.ts'
import { locateDemo } from './demo-place.ts'
import { taintNode, untaintNode } from './demo-repository.ts'

export async function changeDemo(change: DemoChange, flags: DemoFlags, io: CommandIo): Promise<void> {
  const { repository, socket } = locateDemo(flags)
  if (change.kind === 'wan' && !isShowable(change.address)) {
    throw new UsageError(`${change.address} is no address from 203.0.113.0/24, such as 203.0.113.99`)
  }
  const reply = await askControl(socket, change)
  if (reply === undefined) throw new CommandError('no demo is running here: start one with `stoa demo`')
  if ('refused' in reply) throw new CommandError(reply.refused)
  io.stdout(`${reply.said}${await changeNodes(change, repository)}\n`)
}

/** Nodes are changed as a person would: by a commit. */
async function changeNodes(change: DemoChange, repository: string): Promise<string> {
  if (change.kind === 'taint') {
    const taints = await taintNode(repository, change.node, change.both)
    const rest =
      taints.length === 1 ? 'one of its two taints: it stays; once more for the second' : 'both taints: it leaves DNS'
    return `${change.node} has ${rest}`
  }
  if (change.kind !== 'untaint') return ''
  await untaintNode(repository, change.node)
  return `${change.node} has no taints: it returns`
}

function isShowable(address: string): boolean {
  return parseIpAddress(address) !== undefined && address.startsWith('203.0.113.')
}
