/** The lines of a systemd unit by `Section.Key`, in their order. Continued lines and quotes are left out: ours have none. */
export function readUnitFile(text: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>()
  let section = ''
  for (const line of text.split('\n').filter((each) => each !== '' && !/^[#;]/.test(each))) {
    const header = /^\[(\w+)\]$/.exec(line)?.[1]
    const [, key, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (header !== undefined) section = header
    else if (key === undefined) throw new Error(`no line of a unit: ${line}`)
    else values.set(`${section}.${key}`, [...(values.get(`${section}.${key}`) ?? []), value])
  }
  return values
}
