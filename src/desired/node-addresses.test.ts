import { describe, expect, it } from 'vitest'
import { node } from '../../test/support/pool-builders.ts'
import type { AddressSource } from '../api/generated/node-pool.ts'
import type { NodeAddress } from '../api/node.ts'
import type { NodeObject } from '../api/node.ts'
import { findNodeAddresses } from './node-addresses.ts'

const EXTERNAL: AddressSource = { type: 'ExternalIP' }
const INTERNAL: AddressSource = { type: 'InternalIP' }
const ANNOTATION: AddressSource = { type: 'Annotation', key: 'example.net/ip' }
const LABEL: AddressSource = { type: 'Label', key: 'example.net/ip' }

const internal = (address: string): NodeAddress => ({ type: 'InternalIP', address })
const external = (address: string): NodeAddress => ({ type: 'ExternalIP', address })
const annotated = (text: string, ...addresses: readonly NodeAddress[]): NodeObject =>
  node(1, { annotations: { 'example.net/ip': text }, addresses })

describe('the addresses of a node', () => {
  it.each<[string, NodeObject, readonly AddressSource[], readonly string[]]>([
    [
      'all of one source',
      node(1, { addresses: [external('1.1.1.2'), external('1.1.1.1')] }),
      [EXTERNAL],
      ['1.1.1.2', '1.1.1.1'],
    ],
    ['each once', node(1, { addresses: [external('1.1.1.1'), external('1.1.1.1')] }), [EXTERNAL], ['1.1.1.1']],
    ['nothing from a source that is not asked', node(1, { addresses: [internal('1.1.1.1')] }), [EXTERNAL], []],
    [
      'the first source that has any wins',
      annotated('2.2.2.2', external('1.1.1.1')),
      [ANNOTATION, EXTERNAL],
      ['2.2.2.2'],
    ],
    [
      'the next source where the first has none',
      annotated('', external('1.1.1.1')),
      [ANNOTATION, EXTERNAL],
      ['1.1.1.1'],
    ],
    [
      'each family from the first source that has it',
      annotated('2a00::1', external('1.1.1.1'), internal('2.2.2.2')),
      [INTERNAL, EXTERNAL, ANNOTATION],
      ['2.2.2.2', '2a00::1'],
    ],
    ['a list in an annotation', annotated(' 1.1.1.1,, 2A00:0::1 ,'), [ANNOTATION], ['1.1.1.1', '2a00::1']],
    ['a label', node(1, { labels: { 'example.net/ip': '1.1.1.1' } }), [LABEL], ['1.1.1.1']],
    ['a source without a key has nothing', annotated('1.1.1.1'), [{ type: 'Annotation' }], []],
    [
      'a private address gives way to the next source',
      annotated('1.1.1.1', internal('10.0.0.1')),
      [INTERNAL, ANNOTATION],
      ['1.1.1.1'],
    ],
    [
      'an unreadable address gives way too',
      annotated('first', external('1.1.1.1')),
      [ANNOTATION, EXTERNAL],
      ['1.1.1.1'],
    ],
  ])('%s', (_, given, sources, expected) => {
    expect(findNodeAddresses(given, sources, false).addresses).toEqual(expected)
  })

  it('takes private ones where that is allowed', () => {
    const found = findNodeAddresses(node(1, { addresses: [internal('10.0.0.1')] }), [INTERNAL], true)
    expect(found).toEqual({ addresses: ['10.0.0.1'], unparsable: [], refused: [] })
  })

  it('says what it refuses and why', () => {
    const { refused } = findNodeAddresses(annotated('fd00::1', internal('10.0.0.1')), [INTERNAL, ANNOTATION], false)
    expect(refused).toEqual([
      'InternalIP 10.0.0.1 (private, 10.0.0.0/8)',
      'annotation example.net/ip fd00::1 (unique local, fc00::/7)',
    ])
  })

  it('quotes what is no address, safely and not at length', () => {
    const { unparsable } = findNodeAddresses(annotated(`1.1.1.01, \u202e${'x'.repeat(100)}`), [ANNOTATION], false)
    expect(unparsable).toEqual([
      'annotation example.net/ip "1.1.1.01"',
      `annotation example.net/ip "\\u{202e}${'x'.repeat(59)}"`,
    ])
  })
})
