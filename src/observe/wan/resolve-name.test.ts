import { expect, it } from 'vitest'
import { createNameResolver } from './resolve-name.ts'

const resolve = createNameResolver()
const never = new AbortController().signal

it('leaves IP addresses alone', async () => {
  expect(await resolve('192.0.2.1', 'IPv4', never)).toEqual(['192.0.2.1'])
})

it('reads the hosts file of the machine', async () => {
  expect(await resolve('localhost', 'IPv4', never)).toEqual(['127.0.0.1'])
})

it('says in a few words that a name is not to be had', async () => {
  await expect(resolve('a..b', 'IPv4', never)).rejects.toThrow(
    /^the name (?:has no address of that family|could not be resolved)$/,
  )
})

it('stops waiting when it is aborted', async () => {
  await expect(resolve('localhost', 'IPv4', AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping')
})
