// What a variable or a kubeconfig says of a proxy. Its user and password are in the header alone, never in its name.

/** A proxy that is asked by CONNECT to pass a connection on. */
export interface Proxy {
  readonly protocol: 'http:' | 'https:'
  readonly host: string
  readonly port: number
  /** Of `Proxy-Authorization`. */
  readonly authorization: string | undefined
  /** Without user and password. */
  readonly url: string
  /** Where it was named: `HTTPS_PROXY`. */
  readonly source: string
  /** As messages call it: `the proxy http://proxy.example.com:3128 (HTTPS_PROXY)`. */
  readonly name: string
}

/** Somebody wants a proxy, and it cannot be told which: nothing goes past it. */
export interface UnusableProxy {
  readonly problem: string
}

const SAMPLE = 'http://proxy.example.com:3128'
const PORTS = { 'http:': 80, 'https:': 443 } as const

/** As Go reads it: without a scheme it is spoken to by plain HTTP. The text may hold a password, so that no message quotes it. */
export function parseProxy(text: string, source: string): Proxy | UnusableProxy {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  // A password with one of these ends the part of the URL that it is in.
  if (url === undefined || url.hostname === '' || /[@]/.test(url.pathname + url.search + url.hash)) {
    const remedy = `write ${SAMPLE}, and special characters of a user or password as in a URL (%23 for #)`
    return { problem: `${source} is no URL of a proxy: ${remedy}` }
  }
  const { protocol } = url
  if (protocol !== 'http:' && protocol !== 'https:') {
    const remedy = `give one that is spoken to by http or https, such as ${SAMPLE}`
    return { problem: `${source} names a proxy for ${protocol.slice(0, -1)}, which is not spoken here: ${remedy}` }
  }
  const shown = `${protocol}//${url.host}`
  return {
    ...{ protocol, source, url: shown, authorization: authorizationOf(url) },
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORTS[protocol] : Number(url.port),
    name: `the proxy ${shown} (${source})`,
  }
}

function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

/** A `%` that begins no escape is meant as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
