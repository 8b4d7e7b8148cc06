/** `192.0.2.53:53`, `[2001:db8::53]:53`: the colons of an IPv6 address are its own. */
export function formatHostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
