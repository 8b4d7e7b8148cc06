// Names of objects made from hostnames.

/** `*.shop.example.com` reads `wildcard-shop-example-com`. Two hostnames can come to the same name: see `uniqueName`. */
export function objectNameOf(hostname: string): string {
  const name = hostname
    .toLowerCase()
    .replace(/^\*/, 'wildcard')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 200)
  return name === '' ? 'record' : name.replace(/-+$/, '')
}

/** The name, or with a number behind it when it is taken; takes it. */
export function uniqueName(name: string, taken: Set<string>): string {
  let candidate = name
  for (let number = 2; taken.has(candidate); number += 1) candidate = `${name}-${number}`
  taken.add(candidate)
  return candidate
}
