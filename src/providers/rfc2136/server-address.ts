import { TerminalError } from '../../model/errors.ts'

export interface ServerAddress {
  readonly host: string
  readonly port: number
}

/** `host`, `host:port`, `192.0.2.53:53`, `[2001:db8::53]:53` or a bare IPv6 address. */
export function parseServerAddress(text: string): ServerAddress {
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::(\d+))?$/.exec(text)
  const plain = /^([^:\s[\]]+)(?::(\d+))?$/.exec(text)
  const bare = /^[0-9a-fA-F:.]+$/.test(text) && text.split(':').length > 2 ? [text, text] : null
  const [, host, port = '53'] = bracketed ?? plain ?? bare ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new TerminalError(
      'InvalidSpec',
      `spec.rfc2136.server ${JSON.stringify(text)} is not host:port, such as 192.0.2.53:53`,
    )
  }
  return { host, port: Number(port) }
}
