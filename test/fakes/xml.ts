// Just enough XML for fakes of APIs that speak it: elements and text. Attributes, comments and CDATA are left out.

export interface XmlElement {
  readonly name: string
  readonly children: XmlElement[]
  text: string
}

export function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: '', children: [], text: '' }
  const open = [root]
  for (const [, closing, name, empty, text] of source.matchAll(/<\?[^>]*>|<(\/?)([\w:]+)[^>]*?(\/?)>|([^<]+)/g)) {
    const parent = open.at(-1) ?? root
    if (text !== undefined) parent.text += decode(text)
    else if (closing === '/') open.pop()
    else if (name !== undefined) {
      const element: XmlElement = { name, children: [], text: '' }
      parent.children.push(element)
      if (empty !== '/') open.push(element)
    }
  }
  return root
}

export function findAll(element: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  const [first, ...rest] = path
  if (first === undefined) return [element]
  return element.children.filter(({ name }) => name === first).flatMap((child) => findAll(child, ...rest))
}

export function tag(name: string, ...content: readonly string[]): string {
  return `<${name}>${content.join('')}</${name}>`
}

export function encode(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function decode(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return named[name] ?? whole
    return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal))
  })
}
