import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpAddress, type IpAddress } from '../../model/address.ts'
import { describeRefusal, type Guards } from './admit-address.ts'
import type { SourceIdentity, SourceOutcome, SourceResult, Transport } from './detection.ts'
import { judgeQuorum, type QuorumPolicy, type Verdict } from './judge-quorum.ts'
import { operatorOf } from './operator.ts'

const A = '198.18.0.1'
const B = '198.18.0.2'
const C = '198.18.0.3'

/**
 * A source in one word: `host/transport=answer`. Hosts are names or `ip:port`; transports udp, tcp, http, https, if; several answers are joined by `+`;
 * `!` failed, `?` has not answered yet. Answers pass the guards of the case first.
 */
function parseSource(text: string, guards: Guards): { source: SourceIdentity; result: SourceResult | undefined } {
  const [name = '', answer = ''] = text.split('=')
  const [host = '', scheme = 'udp'] = name.split('/')
  const transports: Readonly<Record<string, Transport>> = {
    udp: 'UDP',
    tcp: 'TCP',
    http: 'HTTP',
    https: 'HTTPS',
    if: 'Interface',
  }
  const transport = transports[scheme] ?? 'UDP'
  const [hostName = '', port = '3478'] = host.split(':')
  const operator = transport === 'Interface' ? 'this machine' : operatorOf(hostName, Number(port))
  const source = { name, transport, operator, authenticated: transport === 'HTTPS' }
  if (answer === '?') return { source, result: undefined }
  if (answer === '!') return { source, result: { kind: 'failed', message: 'no answer' } }
  const addresses = answer.split('+').map(address)
  const admitted = addresses.filter((candidate) => describeRefusal(candidate, guards) === undefined)
  const [first] = addresses
  if (admitted.length > 0 || first === undefined) return { source, result: { kind: 'answered', addresses: admitted } }
  return { source, result: { kind: 'refused', address: first, message: describeRefusal(first, guards) ?? '' } }
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text)
  if (parsed === undefined) throw new Error(`${text} is not an address`)
  return parsed
}

/** The samples are benchmarking addresses, so the cases believe those unless they say otherwise. */
const LAB: Guards = { family: 'IPv4', allowNonGlobalCidrs: ['198.18.0.0/15' as never], denyCidrs: [] }

function judge(policy: QuorumPolicy, sources: readonly string[], guards: Guards = LAB): Verdict {
  const parsed = sources.map((source) => parseSource(source, guards))
  const outcomes = parsed.flatMap(({ source, result }): SourceOutcome[] =>
    result === undefined ? [] : [{ source, result, elapsedMs: 1 }],
  )
  const pending = parsed.flatMap(({ source, result }) => (result === undefined ? [source] : []))
  return judgeQuorum(policy, outcomes, pending)
}

/** `A` known, `A*` known and contested, otherwise undecided or the reason. */
function inOneWord(verdict: Verdict): string {
  if (verdict.kind === 'known') return verdict.address + (verdict.contested ? '*' : '')
  return verdict.kind === 'unknown' ? verdict.reason : 'undecided'
}

const two: QuorumPolicy = { quorum: 2, requireAuthenticated: false }
const one: QuorumPolicy = { quorum: 1, requireAuthenticated: false }
const three: QuorumPolicy = { quorum: 3, requireAuthenticated: false }
const tls: QuorumPolicy = { quorum: 2, requireAuthenticated: true }

const believing = (changes: Partial<Guards>): Guards => ({ ...LAB, ...changes })
const strict = believing({ allowNonGlobalCidrs: [] })

type Case = [sentence: string, policy: QuorumPolicy, sources: readonly string[], expected: string, guards?: Guards]

const CASES: readonly Case[] = [
  // agreeing
  ['two that agree settle it', two, [`a.net=${A}`, `b.net=${A}`], A],
  ['one is not enough for two while another may come', two, [`a.net=${A}`, 'b.net=?'], 'undecided'],
  ['one is enough for a quorum of one', one, [`a.net=${A}`], A],
  ['three that agree settle a quorum of three', three, [`a.net=${A}`, `b.net=${A}`, `c.net=${A}`], A],
  ['two of three are not enough for three', three, [`a.net=${A}`, `b.net=${A}`, 'c.net=?'], 'undecided'],
  ['agreement across transports counts', two, [`a.net=${A}`, `b.net/tcp=${A}`], A],
  ['agreement across methods counts', two, [`a.net=${A}`, `b.net/https=${A}`], A],
  ['HTTP alone can settle it', two, [`a.net/http=${A}`, `b.net/https=${A}`], A],
  ['the interface counts as one', two, [`eth0/if=${A}`, `b.net=${A}`], A],
  ['the interface alone settles a quorum of one', one, [`eth0/if=${A}`], A],
  ['failures do not matter once enough agree', two, ['x.net=!', `a.net=${A}`, 'y.net=!', `b.net=${A}`], A],
  // nobody answers
  ['nothing asked yet is undecided', two, ['a.net=?', 'b.net=?'], 'undecided'],
  ['all failed is no answer', two, ['a.net=!', 'b.net=!'], 'NoAnswer'],
  ['no source at all is no answer', one, [], 'NoAnswer'],
  ['one answer and the rest failed is no quorum', two, [`a.net=${A}`, 'b.net=!', 'c.net=!'], 'NoQuorum'],
  ['too few left to answer is no quorum at once', two, ['a.net=!', 'b.net=?'], 'NoAnswer'],
  ['too few left for three is no quorum at once', three, [`a.net=${A}`, 'b.net=!', 'c.net=?'], 'NoQuorum'],
  // liars
  ['one liar among three is outvoted', two, [`a.net=${A}`, `liar.net=${B}`, `b.net=${A}`], A],
  ['one liar and one honest are no quorum', two, [`a.net=${A}`, `liar.net=${B}`], 'NoQuorum'],
  ['one liar and one honest wait for a third', two, [`a.net=${A}`, `liar.net=${B}`, 'c.net=?'], 'undecided'],
  ['a liar decides alone where one is enough', one, [`liar.net=${B}`], B],
  [
    'two liars do not decide against three',
    three,
    [`l.net=${B}`, `m.net=${B}`, `a.net=${A}`, `b.net=${A}`, `c.net=${A}`],
    A,
  ],
  [
    'two liars with different lies are two minorities',
    two,
    [`l.net=${B}`, `m.net=${C}`, `a.net=${A}`, `b.net=${A}`],
    A,
  ],
  // split
  [
    'two quorums that disagree are a conflict',
    two,
    [`a.net=${A}`, `b.net=${A}`, `c.net=${B}`, `d.net=${B}`],
    'Conflict',
  ],
  [
    'a conflict is not outvoted',
    two,
    [`a.net=${A}`, `b.net=${A}`, `c.net=${A}`, `d.net=${B}`, `e.net=${B}`],
    'Conflict',
  ],
  [
    'a conflict stays one whoever is still to answer',
    two,
    [`a.net=${A}`, `b.net=${A}`, `c.net=${B}`, `d.net=${B}`, 'e.net=?'],
    'Conflict',
  ],
  ['three answers that all differ are no quorum', two, [`a.net=${A}`, `b.net=${B}`, `c.net=${C}`], 'NoQuorum'],
  ['two different answers conflict where one is enough', one, [`a.net=${A}`, `b.net=${B}`], 'Conflict'],
  // late
  ['a quorum stands although others are late', two, [`a.net=${A}`, `b.net=${A}`, 'c.net=?'], A],
  [
    'a quorum is contested while a second one can form',
    two,
    [`a.net=${A}`, `b.net=${A}`, `c.net=${B}`, 'd.net=?'],
    `${A}*`,
  ],
  [
    'a quorum is not contested when those left are too few',
    three,
    [`a.net=${A}`, `b.net=${A}`, `c.net=${A}`, `d.net=${B}`, 'e.net=?'],
    A,
  ],
  [
    'a quorum is not contested by one whose operator has spoken',
    two,
    [`a.net=${A}`, `b.net=${A}`, `c.net=${B}`, 'c.net/tcp=?'],
    A,
  ],
  // operators
  ['two servers of one operator count once', two, [`s1.a.net=${A}`, `s2.a.net=${A}`], 'NoQuorum'],
  ['one server by two transports counts once', two, [`a.net/udp=${A}`, `a.net/tcp=${A}`, 'b.net=?'], 'undecided'],
  ['domains below a public suffix are different operators', two, [`a.co.uk=${A}`, `b.co.uk=${A}`], A],
  ['the case of a name does not make a new operator', two, [`A.net=${A}`, `s.a.NET=${A}`], 'NoQuorum'],
  ['two IP literals are two operators', two, [`192.0.2.1=${A}`, `192.0.2.2=${A}`], A],
  ['an IP literal with another port is another operator', two, [`192.0.2.1:1=${A}`, `192.0.2.1:2=${A}`], A],
  ['an IP literal by two transports is one operator', two, [`192.0.2.1:1=${A}`, `192.0.2.1:1/tcp=${A}`], 'NoQuorum'],
  ['no quorum is possible when all that are left are of one operator', two, ['s1.a.net=?', 's2.a.net=?'], 'NoAnswer'],
  // authenticated
  ['a quorum without TLS does not stand where TLS is required', tls, [`a.net=${A}`, `b.net=${A}`], 'NotAuthenticated'],
  ['a quorum without TLS waits for TLS', tls, [`a.net=${A}`, `b.net=${A}`, 'c.net/https=?'], 'undecided'],
  ['a quorum with one TLS answer stands', tls, [`a.net=${A}`, `c.net/https=${A}`], A],
  ['plain HTTP is not authenticated', tls, [`a.net=${A}`, `c.net/http=${A}`], 'NotAuthenticated'],
  ['the interface is not authenticated', tls, [`a.net=${A}`, `eth0/if=${A}`], 'NotAuthenticated'],
  [
    'TLS that says otherwise does not authenticate',
    tls,
    [`a.net=${A}`, `b.net=${A}`, `c.net/https=${B}`],
    'NotAuthenticated',
  ],
  [
    'TLS of an operator that agrees already does authenticate',
    tls,
    [`a.net=${A}`, `b.net=${A}`, `s.a.net/https=${A}`],
    A,
  ],
  [
    'a quorum without TLS against one with TLS is a conflict',
    tls,
    [`a.net=${A}`, `b.net=${A}`, `c.net=${B}`, `d.net/https=${B}`],
    'Conflict',
  ],
  ['without any TLS source left it is given up at once', tls, [`a.net=${A}`, 'b.net=?', 'c.net/https=!'], 'NoQuorum'],
  // guards and families
  ['private answers do not count', two, ['a.net=10.0.0.1', 'b.net=10.0.0.1'], 'AddressRefused', strict],
  ['carrier-grade NAT answers do not count', two, ['a.net=100.64.0.1', 'b.net=100.64.0.1'], 'AddressRefused', strict],
  [
    'a refused answer does not spoil the others',
    two,
    ['x.net=10.0.0.1', 'a.net=9.9.9.9', 'b.net=9.9.9.9'],
    '9.9.9.9',
    strict,
  ],
  [
    'excepted ranges count',
    two,
    ['a.net=10.0.0.1', 'b.net=10.0.0.1'],
    '10.0.0.1',
    believing({ allowNonGlobalCidrs: ['10.0.0.0/8' as never] }),
  ],
  [
    'denied ranges do not count',
    two,
    ['a.net=9.9.9.9', 'b.net=9.9.9.9'],
    'AddressRefused',
    believing({ denyCidrs: ['9.0.0.0/8' as never] }),
  ],
  [
    'denial wins over exception',
    two,
    [`a.net=${A}`, `b.net=${A}`],
    'AddressRefused',
    believing({ denyCidrs: ['198.18.0.0/24' as never] }),
  ],
  [
    'an IPv6 answer does not count for IPv4',
    two,
    ['a.net=2606:4700::1', 'b.net=2606:4700::1'],
    'AddressRefused',
    strict,
  ],
  [
    'an IPv4 answer does not count for IPv6',
    two,
    ['a.net=9.9.9.9', 'b.net=9.9.9.9'],
    'AddressRefused',
    believing({ family: 'IPv6' }),
  ],
  [
    'IPv6 answers settle IPv6',
    two,
    ['a.net=2606:4700::1', 'b.net=2606:4700::1'],
    '2606:4700::1',
    believing({ family: 'IPv6' }),
  ],
  [
    'IPv4 mapped into IPv6 does not count',
    two,
    ['a.net=::ffff:9.9.9.9', 'b.net=::ffff:9.9.9.9'],
    'AddressRefused',
    believing({ family: 'IPv6' }),
  ],
  ['Teredo does not count', two, ['a.net=2001::1', 'b.net=2001::1'], 'AddressRefused', believing({ family: 'IPv6' })],
  // an interface with several addresses
  ['the address of an interface that others see counts', two, [`eth0/if=${B}+${A}`, `a.net=${A}`, 'b.net=?'], A],
  ['an interface with two addresses cannot choose alone', one, [`eth0/if=${A}+${B}`], 'Conflict'],
]

describe('the verdict', () => {
  it.each<Case>(CASES)('%s', (_sentence, policy, sources, expected, guards) => {
    expect(inOneWord(judge(policy, sources, guards))).toBe(expected)
  })

  it.each<Case>(CASES)('does not depend on the order: %s', (_sentence, policy, sources, expected, guards) => {
    expect(inOneWord(judge(policy, [...sources].reverse(), guards))).toBe(expected)
  })

  it('is tried in forty cases and more', () => {
    expect(CASES.length).toBeGreaterThanOrEqual(40)
  })
})

// ---- properties -----------------------------------------------------------------

const ADDRESSES = [A, B, C].map(address)
const arbitraryResult: fc.Arbitrary<SourceResult> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...ADDRESSES).map((found) => ({ kind: 'answered' as const, addresses: [found] })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'failed' as const, message: 'no answer' }) },
)
const arbitraryOutcome = fc
  .record({ operator: fc.integer({ min: 0, max: 7 }), authenticated: fc.boolean(), result: arbitraryResult })
  .map(({ operator, authenticated, result }): SourceOutcome => ({
    source: identity(`${operator}.net`, authenticated),
    result,
    elapsedMs: 1,
  }))
const arbitraryOutcomes = fc.array(arbitraryOutcome, { maxLength: 14 })
const arbitraryPolicy = fc.record({ quorum: fc.integer({ min: 1, max: 4 }), requireAuthenticated: fc.boolean() })

function identity(operator: string, authenticated = false): SourceIdentity {
  return { name: operator, operator, authenticated, transport: authenticated ? 'HTTPS' : 'UDP' }
}

function supportersOf(found: IpAddress, outcomes: readonly SourceOutcome[]): ReadonlySet<string> {
  const agreeing = outcomes.filter(({ result }) => result.kind === 'answered' && result.addresses.includes(found))
  return new Set(agreeing.map(({ source }) => source.operator))
}

/** Feeds answers one by one, as a round does, until something is settled. */
function settleInOrder(policy: QuorumPolicy, outcomes: readonly SourceOutcome[]): Verdict {
  for (let count = 0; count <= outcomes.length; count += 1) {
    const pending = outcomes.slice(count).map(({ source }) => source)
    const verdict = judgeQuorum(policy, outcomes.slice(0, count), pending)
    if (verdict.kind === 'unknown' || (verdict.kind === 'known' && !verdict.contested)) return verdict
  }
  throw new Error('still undecided with every answer there')
}

describe('whatever the answers', () => {
  it('a minority of liars smaller than the quorum never decides', () => {
    const liars = fc.array(fc.constantFrom(B, C), { maxLength: 3 })
    fc.assert(
      fc.property(arbitraryPolicy, liars, fc.integer({ min: 0, max: 6 }), fc.nat(), (policy, lies, honest, seed) => {
        const lying = lies.slice(0, policy.quorum - 1).map((lie, index): SourceOutcome => ({
          source: identity(`liar-${index}.net`, true),
          result: { kind: 'answered', addresses: [address(lie)] },
          elapsedMs: 1,
        }))
        const truthful = Array.from({ length: honest }, (_, index): SourceOutcome => ({
          source: identity(`honest-${index}.net`, index % 2 === 0),
          result: { kind: 'answered', addresses: [address(A)] },
          elapsedMs: 1,
        }))
        const verdict = settleInOrder(policy, rotate([...lying, ...truthful], seed))
        if (verdict.kind === 'known') expect(verdict.address).toBe(A)
        if (honest >= policy.quorum) expect(verdict).toMatchObject({ kind: 'known', address: A })
      }),
      { numRuns: 2000 },
    )
  })

  it('no answer, no address: whatever is known was said by a quorum of operators', () => {
    fc.assert(
      fc.property(arbitraryPolicy, arbitraryOutcomes, (policy, outcomes) => {
        const verdict = judgeQuorum(policy, outcomes, [])
        expect(verdict.kind).not.toBe('undecided')
        if (verdict.kind === 'known') {
          expect(supportersOf(verdict.address, outcomes).size).toBeGreaterThanOrEqual(policy.quorum)
        }
        if (outcomes.every(({ result }) => result.kind !== 'answered')) expect(verdict.kind).toBe('unknown')
      }),
      { numRuns: 2000 },
    )
  })

  it('the order of arrival does not change a verdict', () => {
    fc.assert(
      fc.property(arbitraryPolicy, arbitraryOutcomes, fc.nat(), (policy, outcomes, seed) => {
        expect(judgeQuorum(policy, rotate(outcomes, seed), [])).toEqual(judgeQuorum(policy, outcomes, []))
        expect(judgeQuorum(policy, [...outcomes].reverse(), [])).toEqual(judgeQuorum(policy, outcomes, []))
      }),
      { numRuns: 2000 },
    )
  })

  it('what is settled early is what everyone together would have settled, unless two quorums disagree', () => {
    fc.assert(
      fc.property(arbitraryPolicy, arbitraryOutcomes, (policy, outcomes) => {
        const atTheEnd = judgeQuorum(policy, outcomes, [])
        if (atTheEnd.kind === 'unknown' && atTheEnd.reason === 'Conflict') return
        const early = settleInOrder(policy, outcomes)
        expect(early.kind).toBe(atTheEnd.kind)
        if (early.kind === 'known' && atTheEnd.kind === 'known') expect(early.address).toBe(atTheEnd.address)
      }),
      { numRuns: 2000 },
    )
  })
})

function rotate<Item>(items: readonly Item[], seed: number): Item[] {
  const at = items.length === 0 ? 0 : seed % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}
