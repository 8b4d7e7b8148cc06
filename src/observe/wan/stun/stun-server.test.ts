import { describe, expect, it } from 'vitest'
import { formatStunServer, parseStunServer } from './stun-server.ts'
import { parseServerList } from './parse-server-list.ts'

describe('a STUN server', () => {
  it.each([
    ['stun.example.net:3479', 'stun.example.net', 3479, undefined],
    ['stun.example.net', 'stun.example.net', 3478, undefined],
    ['udp://stun.example.net:3478', 'stun.example.net', 3478, 'UDP'],
    ['TCP://STUN.example.net', 'stun.example.net', 3478, 'TCP'],
    ['192.0.2.1:19302', '192.0.2.1', 19302, undefined],
    ['[2001:DB8:0::1]:3478', '2001:db8::1', 3478, undefined],
    ['tcp://[2001:db8::1]', '2001:db8::1', 3478, 'TCP'],
    ['_stun.my_host.example', undefined, 0, undefined],
  ])('is read from %s', (text, host, port, transport) => {
    expect(parseStunServer(text)).toEqual(host === undefined ? undefined : { host, port, transport })
  })

  it.each([
    ...['', ':3478', 'stun.example.net:', 'stun.example.net:0', 'stun.example.net:65536', 'stun.example.net:port'],
    ...[
      '2001:db8::1',
      '[2001:db8::1',
      '[::1%eth0]:1',
      '[192.0.2.1]x',
      'http://stun.example.net',
      'stun:stun.example.net',
    ],
    ...['10.1', '192.0.2.256', '1', '-a.example', 'a b', 'a..b', `${'a'.repeat(64)}.net`, 'stun.example.net/path'],
  ])('is not read from %j', (text) => {
    expect(parseStunServer(text)).toBeUndefined()
  })

  it.each(['udp://stun.example.net:3478', 'tcp://[2001:db8::1]:3478', '192.0.2.1:19302'])(
    'is written as %s',
    (text) => {
      const server = parseStunServer(text)
      expect(server && formatStunServer(server)).toBe(text)
    },
  )
})

describe('a server list', () => {
  it('has one server per line, with comments, blank lines and bad ones', () => {
    const text =
      '# STUN servers\r\nstun.example.net:3478\n\n  stun.example.org:19302 # trusted\n[2001:db8::1]:3478\n2001:db8::2\nnot a server\n'
    expect(parseServerList(text).map(formatStunServer)).toEqual([
      ...['stun.example.net:3478', 'stun.example.org:19302', '[2001:db8::1]:3478', '[2001:db8::2]:3478'],
    ])
  })

  it('names every server once', () => {
    expect(parseServerList('a.net:1\na.net:1 # again\n')).toHaveLength(1)
  })

  it('is read up to a bound', () => {
    const text = Array.from({ length: 12_000 }, (_, index) => `s${index}.example.net:3478`).join('\n')
    expect(parseServerList(text)).toHaveLength(10_000)
  })

  it('is empty when it is something else', () => {
    expect(parseServerList('<!doctype html>\n<title>404</title>\n')).toEqual([])
  })
})
