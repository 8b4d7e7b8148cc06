// Where a provider's API may be: credentials travel with every request, so plain HTTP is for this machine and this cluster only.
import { TerminalError } from '../../model/errors.ts'

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
const IN_CLUSTER = /(?:^[a-z0-9-]+$|\.svc$|\.svc\.[a-z0-9.-]+$|\.cluster\.local$)/

export function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw refused(text, 'is not a URL')
  if (url.username !== '' || url.password !== '') throw refused(url.host, 'must not hold a user or password')
  if (url.search !== '' || url.hash !== '') throw refused(text, 'must not hold a query or fragment')
  if (!isConfidential(url)) {
    throw refused(
      text,
      'would send credentials unencrypted; use https:// (http:// is for loopback and cluster services)',
    )
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function isConfidential({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && (LOOPBACK.test(hostname) || IN_CLUSTER.test(hostname)))
}

function refused(text: string, why: string): TerminalError {
  return new TerminalError('InvalidSpec', `endpoint ${JSON.stringify(text)} ${why}`)
}
