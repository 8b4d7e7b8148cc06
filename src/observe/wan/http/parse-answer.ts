// What check services answer: the bare address, lines of `key=value` with an `ip=` among them, or JSON.
import { parseIpAddress, type IpAddress } from '../../../model/address.ts'

export type ParsedAnswer =
  { readonly kind: 'address'; readonly address: IpAddress } | { readonly kind: 'unusable'; readonly problem: string }

/** The form is recognised by the text itself, so that services of all forms can stand side by side. */
export function parseAnswer(text: string, jsonField: string): ParsedAnswer {
  const trimmed = text.trim()
  const candidate = trimmed.startsWith('{') ? findJsonField(trimmed, jsonField) : (findIpLine(trimmed) ?? trimmed)
  if (typeof candidate === 'object') return candidate
  const address = parseIpAddress(candidate.trim())
  return address === undefined ? unusable('the answer is not an address') : { kind: 'address', address }
}

function unusable(problem: string): ParsedAnswer {
  return { kind: 'unusable', problem }
}

function findIpLine(text: string): string | undefined {
  return /^ip=(.*)$/m.exec(text)?.[1]
}

function findJsonField(text: string, jsonField: string): string | ParsedAnswer {
  if (jsonField === '') return unusable('the answer is JSON; name the field that holds the address (jsonField)')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return unusable('the answer is not valid JSON')
  }
  for (const name of jsonField.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) value = undefined
    else value = (value as Record<string, unknown>)[name] // the line above has checked it
  }
  return typeof value === 'string' ? value : unusable(`the answer has no text field ${jsonField}`)
}
