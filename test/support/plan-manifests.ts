// Manifests for tests of `stoa plan`.

export const INFRA = `
apiVersion: dns.stoa.dev/v1alpha1
kind: DNSProvider
metadata: {name: main, namespace: infra}
spec:
  type: RFC2136
  zones: [example.com]
  rfc2136: {server: "192.0.2.53:53"}
  allowedRecords: [{namespaces: {from: All}}]
---
apiVersion: dns.stoa.dev/v1alpha1
kind: WANAddress
metadata: {name: default, namespace: infra}
spec:
  http: {urls: ["https://a.example.net/", "https://b.example.org/"]}
---
apiVersion: dns.stoa.dev/v1alpha1
kind: NodePool
metadata: {name: edge, namespace: infra}
spec:
  selector: {matchLabels: {role: edge}}
  hosts: [{name: vps-1, addresses: [192.0.2.10]}]
  allowedNamespaces: {from: All}
`

export function record(ref: string, spec: string): string {
  const [namespace = '', name = ''] = ref.split('/')
  return `---
apiVersion: dns.stoa.dev/v1alpha1
kind: DynamicDNSRecord
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
`
}

export const HOME = record('infra/home', '{hostnames: [home.example.com], targets: [{wan: {name: default}}]}')
export const SHOP = '{hostnames: [shop.example.com], targets: [{nodePool: {name: edge, namespace: infra}}]}'
export const fixed = (name: string, more = ''): string =>
  record(`web/${name}`, `{hostnames: [${name}.example.com], targets: [{addresses: [192.0.2.1]}]${more}}`)
