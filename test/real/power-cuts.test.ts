// A Stoa over Git that is killed fifty times while commits change things: what it remembers and what it serves are intact after each, and DNS
// equals Git in the end.
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSeededRandom } from '../support/seeded-random.ts'
import {
  eventually,
  FIRST_ADDRESS,
  fixedManifest,
  FOREIGN,
  NODES,
  openHomeNetwork,
  ZONE,
  type HomeNetwork,
  type ZoneOnDisk,
} from './support/home-network.ts'
import type { RunningServer } from './support/process.ts'

const KILLS = 50
const NAMES = Array.from({ length: 16 }, (_, index) => `name-${index}`)
/** These come and go, the others only change. More at once would be held, and rightly. */
const FLEETING = NAMES.slice(0, 6)
const LASTING = NAMES.slice(6)
const seed = Number(process.env['SEED'] ?? 5)
const random = createSeededRandom(seed)

/** The address of each name, as Git has it. */
const wanted = new Map<string, string>()
let unreadable: string | undefined
let home: HomeNetwork
let server: RunningServer

beforeAll(async () => {
  home = await openHomeNetwork()
  for (const name of NAMES) await put(name, '192.0.2.100')
  await home.repository.commit()
  server = await home.stoa.start()
  await eventually(async () => differences(await home.zoneOnDisk()), [])
  await home.whenAnswer('home', [FIRST_ADDRESS])
  await home.whenAnswer('shop', NODES)
})
afterAll(async () => {
  await server?.stop()
  await home?.close()
})

function pick<Item>(from: readonly Item[]): Item {
  return from[Math.floor(random() * from.length)] as Item // None of the lists is empty.
}

async function put(name: string, address: string): Promise<void> {
  wanted.set(name, address)
  await home.repository.write(`names/${name}.yaml`, fixedManifest(name, address))
}

/** Some names change in one commit; now and then a file is unreadable until the next one. */
async function commitSomething(): Promise<void> {
  if (unreadable !== undefined) await put(unreadable, wanted.get(unreadable) ?? '')
  unreadable = undefined
  for (let left = pick([1, 2, 3]); left > 0; left -= 1) {
    const name = pick(NAMES)
    const goes = FLEETING.includes(name) && wanted.has(name) && random() < 0.5
    if (!goes) await put(name, `192.0.2.${Math.floor(random() * 250)}`)
    else if (wanted.delete(name)) await home.repository.delete(`names/${name}.yaml`)
  }
  if (random() < 0.2) {
    unreadable = pick(LASTING)
    await home.repository.write(`names/${unreadable}.yaml`, 'kind: [')
  }
  await home.repository.commit()
}

function differences(zone: ZoneOnDisk): readonly string[] {
  return NAMES.filter((name) => zone.valuesOf(name).join() !== (wanted.get(name) ?? ''))
}

/** Either while it starts, or soon after it was told of a commit. */
async function startAndKill(whileItStarts: boolean): Promise<void> {
  server = await home.stoa.start({ whenLive: !whileItStarts })
  if (!whileItStarts) await eventually(home.stoa.isReady, true)
  const committed = commitSomething()
  if (!whileItStarts) await committed
  await delay(600 * random())
  process.kill(server.pid, 'SIGKILL')
  await Promise.all([committed, server.stop()])
}

/** Kind, name and uid of each object that is there all the time. */
async function lastingObjects(): Promise<readonly string[]> {
  const path = '{range .items[*]}{.kind} {.metadata.name} {.metadata.uid}{"\\n"}{end}'
  const { stdout } = await home.stoa.kubectl('get', 'ddr,wan,dnspool,dnsp', '--output', `jsonpath=${path}`)
  const lines = stdout.trim().split('\n')
  return lines.filter((line) => !FLEETING.includes(line.split(' ')[1] ?? ''))
}

it(`is true after ${KILLS} kills (SEED=${seed})`, { timeout: 900_000 }, async () => {
  const objects = await lastingObjects()
  expect(objects).toEqual(expect.arrayContaining([expect.stringMatching(/^WANAddress home [0-9a-f-]{36}$/)]))
  await server.stop()

  const startedAt = performance.now()
  let { serial } = await home.zoneOnDisk()
  let cutShort = 0
  for (let kill = 1; kill <= KILLS; kill += 1) {
    // In the second half nobody says what the public address is: all that is known of it is what was remembered.
    if (kill > KILLS / 2) home.showAddress(undefined)
    await startAndKill(kill % 2 === 0)
    const zone = await home.zoneOnDisk()
    expect(zone.serial, `the serial after kill ${kill}`).toBeGreaterThanOrEqual(serial)
    serial = zone.serial
    const unchanged = ['foreign', 'home', 'shop'].map((name) => zone.valuesOf(name))
    expect(unchanged, `what nobody changed, after kill ${kill}`).toEqual([FOREIGN, [FIRST_ADDRESS], NODES])
    expect(LASTING.filter((name) => zone.valuesOf(name).length !== 1)).toEqual([])
    if (differences(zone).length > 0) cutShort += 1
  }
  console.log(`${KILLS} kills in ${Math.round(performance.now() - startedAt)} ms, ${cutShort} before DNS was as wanted`)
  expect(cutShort).toBeGreaterThan(0)

  while (unreadable !== undefined) await commitSomething()
  server = await home.stoa.start()
  for (const name of NAMES) await home.whenAnswer(name, [wanted.get(name) ?? []].flat())
  const answers = await Promise.all(['foreign', 'home', 'shop'].map((name) => home.answerOf(name)))
  expect(answers).toEqual([FOREIGN, [FIRST_ADDRESS], NODES])
  expect(Number((await home.stoa.dig(ZONE, 'SOA'))?.join().split(' ')[2])).toBeGreaterThanOrEqual(serial)
  expect(await lastingObjects()).toEqual(objects)
  const wan = await home.stoa.kubectl('get', 'wan', 'home', '--output', 'jsonpath={.status.ipv4}')
  expect(wan.stdout).toBe(FIRST_ADDRESS)
  expect((await home.stoa.stoa('orphans')).stderr).toBe('there are no orphans\n')

  home.showAddress('203.0.113.100')
  await home.whenAnswer('home', ['203.0.113.100'])
  await eventually(async () => (await home.stoa.stoa('doctor')).code, 0)
})
