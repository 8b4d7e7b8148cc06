// Where a running demo is: its folder and its ports, the same for whoever starts it and whoever changes it.
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { DemoFlags } from './demo-change.ts'

export interface DemoPlace {
  readonly folder: string
  /** How its own commands are called. */
  readonly command: string
  /** What is edited and committed. */
  readonly repository: string
  readonly data: string
  /** Where a running demo takes its changes. */
  readonly socket: string
  readonly ports: { readonly dns: number; readonly view: number; readonly metrics: number; readonly page: number }
}

const PORTS = { dns: 5300, view: 8001, metrics: 8080, page: 51_339 }

export function locateDemo({ portBase }: DemoFlags): DemoPlace {
  const suffix = portBase === undefined ? '' : `-${portBase}`
  const folder = join(tmpdir(), `stoa-demo-${userInfo().uid}${suffix}`)
  const ports =
    portBase === undefined ? PORTS : { dns: portBase, view: portBase + 1, metrics: portBase + 2, page: portBase + 3 }
  return {
    command: portBase === undefined ? 'stoa demo' : `stoa demo --port-base ${portBase}`,
    ...{ folder, ports, repository: join(folder, 'repository'), data: join(folder, 'data') },
    socket: join(folder, 'demo.sock'),
  }
}
