// Secrets, each with a watch of its own: the right to read one Secret by its name is enough, and no other one is ever in memory.
import type { ObjectKey, SecretLookup } from '../store.ts'
import { ObjectCache } from './object-cache.ts'
import { keyText } from './object-identity.ts'
import { Reflector, type ReflectorPorts, type ReflectorState } from './reflector.ts'
import { RESOURCES } from './resources.ts'
import { secretKind, type SecretValues } from './secret-values.ts'

interface FollowedSecret {
  readonly cache: ObjectCache<SecretValues>
  readonly reflector: Reflector
  readonly stop: AbortController
}

export class FollowedSecrets {
  readonly #ports: ReflectorPorts
  readonly #onChange: (key: ObjectKey) => void
  readonly #followed = new Map<string, FollowedSecret>()
  #stopping: AbortSignal | undefined

  constructor(ports: ReflectorPorts, onChange: (key: ObjectKey) => void) {
    this.#ports = ports
    this.#onChange = onChange
  }

  states(): readonly ReflectorState[] {
    return [...this.#followed.values()].map(({ reflector }) => reflector.state)
  }

  follow(keys: readonly ObjectKey[]): void {
    const wanted = new Map(keys.map((key) => [keyText(key), key]))
    for (const [text, { stop }] of this.#followed) {
      if (wanted.has(text)) continue
      stop.abort()
      this.#followed.delete(text)
    }
    for (const [text, key] of wanted) if (!this.#followed.has(text)) this.#begin(text, key)
  }

  lookup(key: ObjectKey): SecretLookup {
    const text = keyText(key)
    const followed = this.#followed.get(text)
    const values = followed?.cache.get(text)
    if (values !== undefined) return { kind: 'found', values }
    const state = followed?.reflector.state
    // Whether one that was not there is there now cannot be told while it may not be read.
    if (state?.synced === true && state.error === undefined) return { kind: 'absent' }
    const isUnread = state !== undefined && state.error === undefined
    const message = `Secret ${text} is not known: ${state?.error?.message ?? 'it is not read yet'}`
    return { kind: isUnread ? 'unread' : 'unknown', message }
  }

  /** From now on watches run. */
  start(stopping: AbortSignal): void {
    this.#stopping = stopping
    stopping.addEventListener('abort', () => this.follow([]), { once: true })
    for (const followed of this.#followed.values()) void followed.reflector.run(followed.stop.signal)
  }

  #begin(text: string, key: ObjectKey): void {
    if (this.#stopping?.aborted === true) return
    const stop = new AbortController()
    const tell = (): void => {
      if (!stop.signal.aborted) this.#onChange(key)
    }
    const cache = new ObjectCache(secretKind, tell)
    const sink = cache.sinkFor(() => true)
    const scope = { resource: RESOURCES.Secret, namespace: key.namespace, name: key.name }
    const onState = (): void => {
      if (cache.get(text) === undefined) tell()
    }
    const reflector = new Reflector(scope, sink, this.#ports, onState)
    this.#followed.set(text, { cache, reflector, stop })
    if (this.#stopping !== undefined) void reflector.run(stop.signal)
  }
}
