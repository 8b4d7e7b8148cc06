// The credential plugins of a kubeconfig. client-node starts them and waits for as long as they take; here they are ended with us.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import type { KubeConfig } from '@kubernetes/client-node'

type StartPlugin = (command: string, args: readonly string[] | undefined, options: SpawnOptions) => ChildProcess

/** Private in client-node's types: what its authenticator for plugins starts them with, and by user what they gave. */
interface PluginAuthenticator {
  execFn?: StartPlugin
  tokenCache?: Record<string, unknown>
}

export class CredentialPlugins {
  readonly #running = new Set<ChildProcess>()
  readonly #authenticators: readonly PluginAuthenticator[]

  constructor(config: KubeConfig) {
    this.#authenticators = (config as unknown as { authenticators: readonly PluginAuthenticator[] }).authenticators
    for (const authenticator of this.#authenticators) {
      if (authenticator.execFn !== undefined) authenticator.execFn = (...call) => this.#start(...call)
    }
  }

  /** What they gave is asked for again, whenever it says that it ends: that may be by another clock, or it was taken back. */
  forget(): void {
    for (const authenticator of this.#authenticators) if (authenticator.tokenCache) authenticator.tokenCache = {}
  }

  /** What they started themselves may go on, and hold the other end of a pipe: nobody listens to it any more. */
  end(): void {
    for (const plugin of this.#running) {
      plugin.kill()
      plugin.stdout?.destroy()
      plugin.stderr?.destroy()
      plugin.unref()
    }
  }

  /** Without an input: one that asks there would wait for ever, because what it asks is not shown. */
  #start(command: string, args: readonly string[] = [], options: SpawnOptions): ChildProcess {
    const plugin = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#running.add(plugin)
    plugin.once('close', () => this.#running.delete(plugin))
    return plugin
  }
}
