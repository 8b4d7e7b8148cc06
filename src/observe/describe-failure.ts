// Network errors as a few stable words: they end up in status fields that must not change from try to try, so no addresses, ports or times.

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'this machine has no address of that family',
  EAFNOSUPPORT: 'this machine has no address of that family',
  EACCES: 'not permitted by this machine',
  EPERM: 'not permitted by this machine',
  ETIMEDOUT: 'no answer in time',
  HPE_HEADER_OVERFLOW: 'the headers of the answer are too long',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not a TLS answer',
  ERR_HTTP2_ERROR: 'not an HTTP/2 answer',
  ERR_HTTP2_STREAM_ERROR: 'the server ended the call',
  ERR_HTTP2_SESSION_ERROR: 'the server ended the connection',
}

export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure'
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code !== 'string') return error.message
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/.test(code)) return `certificate not accepted (${code})`
  // Node calls it a reset, too, when the other side took its leave before it answered.
  if (code === 'ECONNRESET' && !('syscall' in error)) return 'connection closed early'
  return WORDS[code] ?? (code.startsWith('HPE_') ? 'not an HTTP answer' : code)
}
