/** A kubeconfig for the view, so that plain `kubectl --kubeconfig FILE get ddr -A` works. JSON is YAML too. */
export function renderKubeconfig(port: number): string {
  const context = { cluster: 'stoa', user: 'reader' }
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'stoa' },
    clusters: [{ name: 'stoa', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'reader', user: {} }],
    contexts: [{ name: 'stoa', context }],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
