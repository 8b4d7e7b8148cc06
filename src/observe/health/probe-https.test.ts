import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { IpAddress } from '../../model/address.ts'
import { createNetworkProbe } from './network-probe.ts'
import type { ProbeHandler, ProbeSpec } from './probe-spec.ts'

type HttpHandler = Extract<ProbeHandler, { kind: 'http' }>

const pathOf = (path: string): string => new URL(`../../../test/${path}`, import.meta.url).pathname
/** Signed by itself, for shop.example.com and 127.0.0.1, until 2126. */
const CERTIFICATE = pathOf('fakes/tls/test-only-certificate.pem')
const KEY = pathOf('fakes/tls/test-only-key.pem')
const WRONG_NAME = 'certificate not accepted (ERR_TLS_CERT_ALTNAME_INVALID)'
const UNKNOWN_SIGNER = 'certificate not accepted (DEPTH_ZERO_SELF_SIGNED_CERT)'

describe('an HTTPS probe', () => {
  let server: Server
  const asked: { readonly serverName: string | false; readonly host: string | undefined }[] = []

  beforeAll(async () => {
    server = createServer({ key: readFileSync(KEY), cert: readFileSync(CERTIFICATE) }, (request, response) => {
      // What the client named in the handshake; undefined in the types only.
      const { servername } = request.socket as TLSSocket & { readonly servername?: string | false }
      asked.push({ serverName: servername ?? false, host: request.headers.host })
      response.end('ok')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  beforeEach(() => void asked.splice(0))
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const specFor = (host: string | undefined, more: Partial<HttpHandler> = {}): ProbeSpec => ({
    address: '127.0.0.1' as IpAddress,
    port: (server.address() as AddressInfo).port,
    handler: {
      ...{ kind: 'http', scheme: 'HTTPS', path: '/', host, headers: [], expectedStatus: '200' },
      insecureSkipVerify: false,
      ...more,
    },
    ...{ periodMs: 5_000, timeoutMs: 5_000, failureThreshold: 3, successThreshold: 1 },
  })
  const probe = async (...specs: readonly ProbeSpec[]): Promise<readonly (string | undefined)[]> => {
    const network = createNetworkProbe()
    const answers: (string | undefined)[] = []
    for (const spec of specs) answers.push(await network.probe(spec, new AbortController().signal))
    network.close()
    return answers
  }
  /** In a process that trusts the certificate; Node wants to know this before it starts. */
  const probeTrusting = async (...specs: readonly ProbeSpec[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', pathOf('support/ask-probes.ts'), JSON.stringify(specs)],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE } },
    )
    return JSON.parse(stdout)
  }

  it('is well where the certificate is trusted and says the name, which the handshake and the request name', async () => {
    expect(await probeTrusting(specFor('shop.example.com'))).toEqual([null])
    const { port } = server.address() as AddressInfo
    expect(asked).toEqual([{ serverName: 'shop.example.com', host: `shop.example.com:${port}` }])
  })

  it('without a host wants the address in the certificate, and names none in the handshake', async () => {
    expect(await probeTrusting(specFor(undefined))).toEqual([null])
    expect(asked).toMatchObject([{ serverName: false }])
  })

  it('does not accept the certificate for another name, not even on a connection that is there for the right one', async () => {
    const specs = [specFor('shop.example.com'), specFor('other.example.com'), specFor('shop.example.com')]
    expect(await probeTrusting(...specs)).toEqual([null, WRONG_NAME, null])
    expect(asked).toHaveLength(2)
  })

  it('does not accept a certificate that nobody known has signed', async () => {
    expect(await probe(specFor('shop.example.com'), specFor(undefined))).toEqual([UNKNOWN_SIGNER, UNKNOWN_SIGNER])
    expect(asked).toEqual([])
  })

  it('with insecureSkipVerify takes any certificate, still names its host, and lends its connection to no other probe', async () => {
    const careless = specFor('other.example.com', { insecureSkipVerify: true })
    expect(await probe(careless, specFor('other.example.com'))).toEqual([undefined, UNKNOWN_SIGNER])
    expect(asked).toMatchObject([{ serverName: 'other.example.com' }])
  })
})
