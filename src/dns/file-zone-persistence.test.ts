import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { put } from '../../test/support/hosted-zones.ts'
import type { Fqdn } from '../model/name.ts'
import { ZoneStore, type ZonePersistence, type ZoneSnapshot } from '../providers/builtin/zone-store.ts'
import { FileZonePersistence } from './file-zone-persistence.ts'

const zone = 'example.test' as Fqdn
const snapshot = (serial: number): ZoneSnapshot => ({ serial, sets: [] })
let dir: string
let persistence: ZonePersistence
const file = (): string => join(dir, 'zones', 'example.test.zone')

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stoa-zones-'))
  persistence = new FileZonePersistence<ZoneSnapshot>(join(dir, 'zones'))
})
afterEach(() => rm(dir, { recursive: true }))

describe('zones in files', () => {
  it('are not there before they are saved, and then as they were saved', async () => {
    expect(await persistence.load(zone)).toBeUndefined()
    await persistence.save(zone, snapshot(1))
    expect(await persistence.load(zone)).toEqual(snapshot(1))
  })

  it('come back to a zone store with everything in them', async () => {
    const options = { zone, firstSerial: 7, persistence }
    const before = await ZoneStore.open(options)
    await put(before, [
      ['www', 'A', '192.0.2.1'],
      ['note', 'TXT', 'naïve "text"\n'],
    ])
    const after = await ZoneStore.open({ ...options, firstSerial: 1 })
    expect([after.serial, after.all()]).toEqual([before.serial, before.all()])
  })

  it('can be read by nobody else, and leave no drafts', async () => {
    await persistence.save(zone, snapshot(1))
    await persistence.save(zone, snapshot(2))
    expect(await readdir(join(dir, 'zones'))).toEqual(['example.test.zone', 'example.test.zone.previous'])
  })

  it('have names that leave their folder under no circumstances', async () => {
    const odd = '../../etc/passwd' as Fqdn
    await persistence.save(odd, snapshot(3))
    expect(await readdir(dir)).toEqual(['zones'])
    expect(await persistence.load(odd)).toEqual(snapshot(3))
  })

  it('come back in the version before, as a newer one, when the file is cut off anywhere', async () => {
    await persistence.save(zone, snapshot(10))
    await persistence.save(zone, snapshot(11))
    const whole = await readFile(file())
    for (let length = 0; length < whole.length; length += 1) {
      await truncate(file(), length)
      expect(await persistence.load(zone)).toEqual(snapshot(12))
      await writeFile(file(), whole)
    }
    expect(await persistence.load(zone)).toEqual(snapshot(11))
  })

  it('come back when the power failed between the two renames', async () => {
    await persistence.save(zone, snapshot(10))
    await persistence.save(zone, snapshot(11))
    await rm(file())
    expect(await persistence.load(zone)).toEqual(snapshot(10))
  })

  it('keep the last good version when a damaged one is replaced', async () => {
    await persistence.save(zone, snapshot(10))
    await persistence.save(zone, snapshot(11))
    await truncate(file(), 5)
    await persistence.save(zone, snapshot(13))
    await truncate(file(), 5)
    expect(await persistence.load(zone)).toEqual(snapshot(12))
  })

  it('are unknown, and not empty, when nothing can be read', async () => {
    await persistence.save(zone, snapshot(10))
    await truncate(file(), 5)
    await expect(persistence.load(zone)).rejects.toThrow(/example\.test\.zone is damaged.*restore it, or remove both/)
    await expect(ZoneStore.open({ zone, firstSerial: 1, persistence })).rejects.toThrow('is damaged')
  })

  it('are unknown when the file is none', async () => {
    await mkdir(file(), { recursive: true })
    await expect(persistence.load(zone)).rejects.toThrow('EISDIR')
  })

  it('stay as they were when the draft cannot be written', async () => {
    await persistence.save(zone, snapshot(1))
    await mkdir(`${file()}.draft`)
    await expect(persistence.save(zone, snapshot(2))).rejects.toThrow('EISDIR')
    expect(await persistence.load(zone)).toEqual(snapshot(1))
  })
})
