// All that is used of client-node. Imported by name, so that a bundle leaves out its thousands of generated models, and loaded only by
// commands that talk to a cluster.
export { KubeConfig } from '@kubernetes/client-node'
