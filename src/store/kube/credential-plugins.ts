// The credential plugins of a kubeconfig. client-node starts them and waits for as long as they take; here they are ended with us.
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import type { KubeConfig } from '@kubernetes/client-node'

type StartPlugin = (command: string, args: readonly string[] | undefined, options: SpawnOptions) => ChildProcess

export class CredentialPlugins {
  readonly #running = new Set<ChildProcess>()

  constructor(config: KubeConfig) {
    // Private in client-node's types; its authenticator for plugins keeps there what it starts them with.
    const { authenticators } = config as unknown as { readonly authenticators: readonly { execFn?: StartPlugin }[] }
    for (const authenticator of authenticators) {
      if (authenticator.execFn !== undefined) authenticator.execFn = (...call) => this.#start(...call)
    }
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
