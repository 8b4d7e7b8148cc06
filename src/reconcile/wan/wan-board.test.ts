import { describe, expect, it } from 'vitest'
import { listSchemaProblems, wanObject } from '../../../test/support/status-builders.ts'
import { SimulatedClock } from '../../../test/support/simulated-clock.ts'
import type { IpAddress } from '../../model/address.ts'
import type { Detection } from '../../observe/wan/detection.ts'
import { Detectors } from '../../observe/wan/detectors.ts'
import { deriveDetectionSpecs } from './derive-detection-specs.ts'
import { WanBoard } from './wan-board.ts'

const addressesOf = (count: number): readonly IpAddress[] =>
  Array.from({ length: count }, (_, index) => `2001:db8:1234:5678:9abc:def0:1234:567${index}` as IpAddress)

describe('what an interface answered', () => {
  it.each([
    [1, '2001:db8:1234:5678:9abc:def0:1234:5670'],
    [3, '2001:db8:1234:5678:9abc:def0:1234:5670, …'],
  ])('fits into the status where it has %i addresses', async (count, answer) => {
    const addresses = addressesOf(count)
    const [address] = addresses
    if (address === undefined) throw new Error('there is no address')
    const source = { name: 'interface', transport: 'Interface', operator: 'interface' } as const
    const answers = [{ source, result: { kind: 'answered', addresses } }] as unknown as Detection['answers']
    const clock = new SimulatedClock(0)
    const detectors = new Detectors({
      ...{ clock, random: () => 0.5, listLocalAddresses: () => [] },
      detect: () => Promise.resolve({ kind: 'known', family: 'IPv6', address, answers }),
    })
    const board = new WanBoard(detectors, () => undefined)
    const object = wanObject({ spec: { addressFamilies: ['IPv6'] } })
    const derived = deriveDetectionSpecs(object.spec)
    if (derived.kind === 'invalid') throw new Error(derived.problems.join())
    board.ask('web/home', object, derived.specs)
    await clock.advance(1_000)
    const sources = board.sources('web/home')
    expect(sources).toEqual([{ name: 'interface', transport: 'Interface', answer }])
    expect(listSchemaProblems(wanObject({ status: { sources } }))).toEqual([])
    await detectors.close()
  })
})
