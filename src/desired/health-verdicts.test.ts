import { describe, expect, it } from 'vitest'
import { HEALTH_CHECK, HEALTHY, ip, NOW, unhealthy } from '../../test/support/pool-builders.ts'
import { judgeHealth, presumeHealth, type HealthVerdict } from './health-verdicts.ts'

const [first, second] = [ip('1.1.1.1'), ip('2a00::1')]

describe('the health of a member with two addresses', () => {
  it.each<[string, HealthVerdict | undefined, HealthVerdict | undefined, HealthVerdict | undefined]>([
    ['is unknown while both are', undefined, undefined, undefined],
    ['is healthy when both are', HEALTHY, HEALTHY, HEALTHY],
    ['is healthy when one is', unhealthy(-9), HEALTHY, HEALTHY],
    ['is healthy when one is and the other is unknown', undefined, HEALTHY, HEALTHY],
    ['is unhealthy when one is and the other is unknown', unhealthy(-9), undefined, unhealthy(-9)],
    ['is unhealthy since both are', unhealthy(-9), unhealthy(-5), unhealthy(-5)],
    ['is unhealthy since both are, in whichever order', unhealthy(-5), unhealthy(-9), unhealthy(-5)],
  ])('%s', (_, a, b, expected) => {
    const verdicts = new Map(
      [[first, a] as const, [second, b] as const].flatMap(([address, verdict]) =>
        verdict ? [[address, verdict] as const] : [],
      ),
    )
    expect(judgeHealth([first, second], { check: HEALTH_CHECK, verdicts })).toEqual(expected)
  })

  it('does not depend on other addresses', () => {
    expect(judgeHealth([first], { check: HEALTH_CHECK, verdicts: new Map([[second, unhealthy(NOW)]]) })).toBeUndefined()
  })
})

describe('before anybody has answered', () => {
  it('who is in DNS is taken for well, and nobody else', () => {
    const { check, verdicts } = presumeHealth(HEALTH_CHECK, [first, second], new Set([first]), NOW)
    const unasked: HealthVerdict = { kind: 'unhealthy', since: NOW, message: 'no answer yet' }
    expect(check).toBe(HEALTH_CHECK)
    expect(verdicts).toEqual(
      new Map<string, HealthVerdict>([
        [first, HEALTHY],
        [second, unasked],
      ]),
    )
  })
})
