// The first day of somebody without a cluster: the shipped command over their own repository, with real git, dig and kubectl.
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  eventually,
  FIRST_ADDRESS,
  fixedManifest,
  FOREIGN,
  nodeManifest,
  NODES,
  openHomeNetwork,
  recordManifest,
  type HomeNetwork,
} from './support/home-network.ts'
import type { RunningServer } from './support/process.ts'

const SHOP = recordManifest('shop', 'nodePool: { name: edge }')

let home: HomeNetwork
let server: RunningServer

beforeAll(async () => {
  home = await openHomeNetwork()
  server = await home.stoa.start()
})
afterAll(async () => {
  await server?.stop()
  await home?.close()
})

/** Says how long it took: to be read, as a busy machine is no fault. */
async function timed(what: string, action: () => Promise<void>): Promise<void> {
  const startedAt = performance.now()
  await action()
  console.log(`${what}: ${Math.round(performance.now() - startedAt)} ms`)
}

/** Commits what was edited together with another address of www: once that is the answer, the whole commit has been seen. */
async function whenCommitted(address: string): Promise<void> {
  await home.repository.write('www.yaml', fixedManifest('www', address))
  await home.repository.commit()
  await timed('from the commit to the answer', () => home.whenAnswer('www', [address]))
}

async function ask(name: string, path: string): Promise<string> {
  return (await home.stoa.kubectl('get', 'ddr', name, '--output', `jsonpath=${path}`)).stdout
}

it('answers for every name, and leaves what was there before', async () => {
  await timed('from the start to all answers', async () => {
    await home.whenAnswer('home', [FIRST_ADDRESS])
    await home.whenAnswer('shop', NODES)
    await home.whenAnswer('www', ['192.0.2.1'])
  })
  expect(await home.answerOf('foreign')).toEqual(FOREIGN)
  const waited = await home.stoa.kubectl('wait', '--for=condition=Ready', 'ddr', '--all', '--timeout=60s')
  expect(waited, waited.stderr).toMatchObject({ code: 0 })
})

it('follows a commit', () => whenCommitted('192.0.2.2'))

it('refuses an edit by kubectl, and names the file', async () => {
  const { code, stderr } = await home.stoa.kubectl('delete', 'ddr', 'www', '--wait=false')
  expect([code, stderr]).toEqual([1, expect.stringMatching(/in Git: www\.yaml/)])
  expect(await home.answerOf('www')).toEqual(['192.0.2.2'])
})

it('keeps what is published when a file breaks, names the line, and lets the others go on', async () => {
  await home.repository.write('shop.yaml', SHOP.replace('spec:', 'spec: ['))
  await whenCommitted('192.0.2.3')
  expect(await home.answerOf('shop')).toEqual(NODES)
  await eventually(async () => /shop\.yaml:\d+/.test((await home.stoa.stoa('doctor')).stdout), true)
  expect(server.output()).toMatch(/shop\.yaml:\d+/)
})

it('keeps what is published when an object is not valid, and says so in its status', async () => {
  await home.repository.write('shop.yaml', SHOP.replace('ttlSeconds: 60', 'ttlSeconds: soon'))
  await whenCommitted('192.0.2.4')
  const message = '{.status.conditions[?(@.type=="Ready")].message}'
  await eventually(async () => (await ask('shop', message)).includes('shop.yaml:7'), true)
  expect(await home.answerOf('shop')).toEqual(NODES)
})

it('removes nothing when a file is renamed and broken in one commit', async () => {
  await home.repository.delete('shop.yaml')
  await home.repository.write('market.yaml', SHOP.replace('spec:', 'spec: ['))
  await whenCommitted('192.0.2.5')
  expect(await home.answerOf('shop')).toEqual(NODES)
  expect(await ask('shop', '{.metadata.deletionTimestamp}{.metadata.name}')).toBe('shop')
})

it('is healed by a revert, and the record is still the same object', async () => {
  const uid = await ask('shop', '{.metadata.uid}')
  await home.repository.delete('market.yaml')
  await home.repository.write('shop.yaml', SHOP)
  await whenCommitted('192.0.2.6')
  await eventually(async () => (await home.stoa.stoa('doctor')).code, 0)
  expect(await home.answerOf('shop')).toEqual(NODES)
  expect(uid).toMatch(/^[0-9a-f-]{36}$/)
  expect(await ask('shop', '{.metadata.uid}')).toBe(uid)
})

it('removes the record whose file is removed, and nothing else', async () => {
  await home.repository.write('blog.yaml', fixedManifest('blog', '192.0.2.9'))
  await home.repository.commit()
  await home.whenAnswer('blog', ['192.0.2.9'])
  await home.repository.delete('blog.yaml')
  await home.repository.commit()
  await timed('from the removal to no answer', () => home.whenAnswer('blog', []))
  expect(await home.answerOf('foreign')).toEqual(FOREIGN)
})

it('follows the public address', async () => {
  home.showAddress('203.0.113.99')
  await timed('from the new address to the answer', () => home.whenAnswer('home', ['203.0.113.99']))
})

it('keeps a node with one of two taints, loses it with both, and has it back without', async () => {
  const taints = ['DeletionCandidateOfClusterAutoscaler', 'ToBeDeletedByClusterAutoscaler']
  await home.repository.write('nodes/node-2.yaml', nodeManifest(2, taints.slice(0, 1)))
  await whenCommitted('192.0.2.10')
  expect(await home.answerOf('shop')).toEqual(NODES)
  await home.repository.write('nodes/node-2.yaml', nodeManifest(2, taints))
  await home.repository.commit()
  const without = ['198.51.100.1', '198.51.100.3']
  await timed('from the second taint to the answer', () => home.whenAnswer('shop', without))
  await home.repository.write('nodes/node-2.yaml', nodeManifest(2))
  await home.repository.commit()
  await home.whenAnswer('shop', NODES)
})
