import { describe, expect, it } from 'vitest'
import { findEgress, readEgress, targetOf } from './egress.ts'

const api = targetOf('https:', 'api.example.com', '')

describe('the environment', () => {
  it.each<[string, Record<string, string>, string | undefined]>([
    ['nothing', {}, undefined],
    ['an empty variable', { HTTPS_PROXY: ' ' }, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://p.test:3128' }, 'the proxy http://p.test:3128 (HTTPS_PROXY)'],
    ['https_proxy', { HTTPS_PROXY: '', https_proxy: 'http://p.test' }, 'the proxy http://p.test (https_proxy)'],
    ['both', { HTTPS_PROXY: 'https://a.test', https_proxy: 'b.test' }, 'the proxy https://a.test (HTTPS_PROXY)'],
    ['no scheme', { HTTPS_PROXY: 'p.test:3128' }, 'the proxy http://p.test:3128 (HTTPS_PROXY)'],
    ['a password', { HTTPS_PROXY: 'http://me:s3cret@[fd00::1]:1' }, 'the proxy http://[fd00::1]:1 (HTTPS_PROXY)'],
    ['a proxy for plain HTTP alone', { HTTP_PROXY: 'http://p.test' }, undefined],
    ['an exemption', { HTTPS_PROXY: 'http://p.test', no_proxy: 'example.com' }, undefined],
  ])('with %s', (_what, env, name) => {
    expect(readEgress(env).proxyFor(api)).toEqual(name === undefined ? undefined : expect.objectContaining({ name }))
  })

  it.each<[string, RegExp]>([
    [
      'socks5://me:s3cret@p.test:1080',
      /^HTTPS_PROXY names a proxy for socks5, which is not spoken here: give one that is spoken to by http or https/,
    ],
    ['http://me:12#s3cret@p.test:3128', /^HTTPS_PROXY is no URL of a proxy: write http:.*special characters/],
    ['http://me:12/s3cret@p.test:3128', /^HTTPS_PROXY is no URL of a proxy/],
    ['http://me:s3cret#@p.test', /^HTTPS_PROXY is no URL of a proxy/],
  ])('with %s names no proxy, and nothing goes past it', (text, problem) => {
    const choice = readEgress({ HTTPS_PROXY: text }).proxyFor(api)
    expect(choice).toEqual({ problem: expect.stringMatching(problem) as string })
    expect(JSON.stringify(choice)).not.toContain('s3cret')
  })

  it.each<[string, string | undefined]>([
    ['http://p.test', undefined],
    ['http://me@p.test', 'me:'],
    ['http://me:a%40b%23@p.test', 'me:a@b#'],
    ['http://me:100%@p.test', 'me:100%'],
  ])('of %s the proxy is told %s', (text, words) => {
    const authorization = words === undefined ? undefined : `Basic ${Buffer.from(words).toString('base64')}`
    expect(readEgress({ HTTPS_PROXY: text }).proxy).toMatchObject({ authorization })
  })

  it.each<[Record<string, string>, boolean]>([
    [{}, false],
    [{ NO_PROXY: 'example.com' }, false],
    [{ HTTPS_PROXY: 'http://p.test' }, true],
    [{ HTTPS_PROXY: 'socks5://p.test' }, true],
    [{ https_proxy: '' }, false],
    [{ HTTP_PROXY: 'http://p.test' }, true],
    [{ all_proxy: 'http://p.test' }, true],
  ])('%j has to do with how connections leave: %s', (env, changes) => {
    expect(findEgress(env) !== undefined).toBe(changes)
  })

  it('never sends plain HTTP through a proxy: it stays in the cluster', () => {
    const env = { HTTPS_PROXY: 'http://p.test', HTTP_PROXY: 'http://p.test' }
    expect(readEgress(env).proxyFor(targetOf('http:', 'pdns', 8081))).toBeUndefined()
  })
})
