/** A server on `::` sees IPv4 clients as mapped addresses; they are who they are without the prefix. */
export function clientAddress(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
