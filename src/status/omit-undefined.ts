type Optional<T> = { [Key in keyof T]: undefined extends T[Key] ? Key : never }[keyof T]
type Present<T> = Omit<T, Optional<T>> & { [Key in Optional<T>]?: Exclude<T[Key], undefined> }

/** The object without the properties that are undefined: in a status, what is absent is not there. */
export function omitUndefined<T extends object>(object: T): Present<T> {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined)
  // The type says exactly what the filter did, but Object.fromEntries forgets which key has which value.
  return Object.fromEntries(entries) as Present<T>
}
