import { expect, it } from 'vitest'
import { checkServices, createTestSpec, stunServers } from '../../../test/fakes/wan/detect-ports.ts'
import { detectionKey, type DetectionSpec } from './detection-spec.ts'

const base = createTestSpec({
  ...stunServers('a.net:1', 'b.net:2'),
  ...checkServices('https://a.net/ip', 'https://b.net/ip'),
})

it('is the same question in whatever order it is written', () => {
  const { family, ...rest } = base
  const shuffled: DetectionSpec = {
    ...rest,
    ...stunServers('b.net:2', 'a.net:1'),
    ...checkServices('https://b.net/ip', 'https://a.net/ip'),
    family,
  }
  expect(detectionKey(shuffled)).toBe(detectionKey(base))
})

it.each<[string, Partial<DetectionSpec>]>([
  ['family', { family: 'IPv6' }],
  ['server', stunServers('a.net:1', 'b.net:3')],
  ['URL', checkServices('https://a.net/ip', 'https://b.net/')],
  ['quorum', { quorum: 3 }],
  ['interval', { intervalSeconds: 31 }],
  ['interface', { interface: { name: undefined } }],
])('is another question with another %s', (_what, changes) => {
  expect(detectionKey({ ...base, ...changes })).not.toBe(detectionKey(base))
})
