/** The sockets and lookups this process has open, servers apart. Closing takes a turn of the event loop, so a few are given first. */
export async function listOpenSockets(): Promise<readonly string[]> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  const open = process.getActiveResourcesInfo()
  return open.filter((kind) => /UDP|TCP|TLS|GetAddrInfo/.test(kind) && !kind.includes('Server')).sort()
}
