// Network errors as a few stable words: they end up in status fields that must not change from try to try, so no addresses, ports or times.

interface Failure {
  readonly words: string
  /** What a person can do about it, where that can be told. */
  readonly remedy?: string
}

const SEE_LOG = 'if it stays so, see its log and what is on the way to it'
const SEE_NETWORK = 'check the network and the firewalls on the way to it'
const SEE_NAME = 'check how it is spelt, and the name servers of this machine'
const SEE_PORT = 'check the scheme and the port of the endpoint'
const TRUST_ITS_AUTHORITY = 'name a file with the certificate of its authority in NODE_EXTRA_CA_CERTS'

const RESET: Failure = { words: 'connection reset', remedy: SEE_LOG }
const CLOSED: Failure = { words: 'connection closed early', remedy: SEE_LOG }
const SILENT: Failure = { words: 'no answer in time', remedy: SEE_NETWORK }
const LONG_HEADERS: Failure = { words: 'the headers of the answer are too long' }
const NOT_HTTP: Failure = { words: 'not an HTTP answer', remedy: SEE_PORT }
const NOT_TLS: Failure = { words: 'not a TLS answer', remedy: SEE_PORT }
const NOT_PERMITTED: Failure = { words: 'not permitted by this machine' }
const NO_ADDRESS: Failure = { words: 'this machine has no address of that family' }

const FAILURES: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: { words: 'connection refused', remedy: 'see that it runs, and check the address and the port' },
  ECONNRESET: RESET,
  EPIPE: RESET,
  EHOSTUNREACH: { words: 'host unreachable', remedy: SEE_NETWORK },
  ENETUNREACH: { words: 'network unreachable', remedy: SEE_NETWORK },
  EADDRNOTAVAIL: NO_ADDRESS,
  EAFNOSUPPORT: NO_ADDRESS,
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
  ETIMEDOUT: SILENT,
  ENOTFOUND: { words: 'there is no such name', remedy: SEE_NAME },
  EAI_AGAIN: { words: 'its name cannot be looked up now', remedy: SEE_NAME },
  HPE_HEADER_OVERFLOW: LONG_HEADERS,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_HTTP2_ERROR: { words: 'not an HTTP/2 answer' },
  ERR_HTTP2_STREAM_ERROR: { words: 'the server ended the call' },
  ERR_HTTP2_SESSION_ERROR: { words: 'the server ended the connection' },
  UND_ERR_SOCKET: CLOSED,
  UND_ERR_CONNECT_TIMEOUT: { words: 'no connection in time', remedy: SEE_NETWORK },
  UND_ERR_HEADERS_TIMEOUT: SILENT,
  UND_ERR_BODY_TIMEOUT: { words: 'the answer stopped half-way', remedy: SEE_LOG },
  UND_ERR_HEADERS_OVERFLOW: LONG_HEADERS,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { words: 'the answer is cut off', remedy: SEE_LOG },
}

/** Of the certificates that can be mended in another way than by trusting who issued them. */
const CERTIFICATE_REMEDIES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'renew it there',
  CERT_NOT_YET_VALID: 'check the clocks of both machines',
  ERR_TLS_CERT_ALTNAME_INVALID: 'ask for a name or an address that stands in it',
}

export function describeFailure(error: unknown): string {
  return failureOf(error).words
}

/** The same, and behind it what to do. */
export function adviseOnFailure(error: unknown): string {
  const { words, remedy } = failureOf(error)
  return remedy === undefined ? words : `${words}; ${remedy}`
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { words: 'unknown failure' }
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code !== 'string') return { words: error.message }
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code)) {
    return { words: `certificate not accepted (${code})`, remedy: CERTIFICATE_REMEDIES[code] ?? TRUST_ITS_AUTHORITY }
  }
  // Node calls it a reset, too, when the other side took its leave before it answered.
  if (code === 'ECONNRESET' && !('syscall' in error)) return CLOSED
  return FAILURES[code] ?? (code.startsWith('HPE_') ? NOT_HTTP : { words: code })
}
