// Which of the objects of a cluster are the program itself, and which only a copy of what was said already.
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { runCommand } from '../../../test/support/command-bench.ts'

const CONTAINERS = { containers: [{ image: 'external-dns:v0.20.0', args: ['--provider=gandi', '--txt-owner-id=me'] }] }
const TEMPLATE = { template: { spec: CONTAINERS } }

function object(kind: string, namespace: string, spec: object, madeBy?: string): object {
  const metadata = { name: 'it', namespace, ...(madeBy !== undefined && { ownerReferences: [{ uid: madeBy }] }) }
  return { apiVersion: 'v1', kind, metadata, spec }
}

async function providersOf(items: readonly object[]): Promise<readonly (string | undefined)[]> {
  const stdin = stringify({ apiVersion: 'v1', kind: 'List', items })
  const { stdout } = await runCommand(['migrate', 'external-dns', '-'], { stdin })
  return [...stdout.matchAll(/^ {2}name: (external-dns.*)$/gm)].map(([, name]) => name)
}

describe('what kubectl shows of one program', () => {
  const pod = (madeBy: string, namespace = 'a'): object => object('Pod', namespace, CONTAINERS, madeBy)

  it.each<readonly [string, readonly object[], number]>([
    ['a Deployment with its Pods', [pod('r'), object('Deployment', 'a', TEMPLATE), pod('r')], 1],
    ['the Pods of one Deployment', [pod('r'), pod('r')], 1],
    ['a Pod of its own', [object('Pod', 'a', CONTAINERS)], 1],
    [
      'Deployments that an operator made',
      [object('Deployment', 'a', TEMPLATE, 'o'), object('Deployment', 'a', TEMPLATE, 'o')],
      2,
    ],
    ['a Deployment, and Pods elsewhere', [object('Deployment', 'a', TEMPLATE), pod('r', 'b')], 2],
    [
      'a CronJob with its Jobs',
      [object('CronJob', 'a', { jobTemplate: { spec: TEMPLATE } }), object('Job', 'a', TEMPLATE, 'c')],
      1,
    ],
  ])('counts once: %s', async (_, items, count) => {
    expect(await providersOf(items)).toHaveLength(count)
  })
})
