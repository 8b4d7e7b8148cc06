import { HttpProbes } from './probe-http.ts'
import { probeGrpc } from './probe-grpc.ts'
import { probeTcp } from './probe-tcp.ts'
import type { Probe } from './probe-spec.ts'

export interface NetworkProbe {
  readonly probe: Probe
  /** Ends the connections that were kept. */
  close(): void
}

/** Probes over the real network, whatever their kind. */
export function createNetworkProbe(): NetworkProbe {
  const http = new HttpProbes()
  return {
    probe(spec, signal) {
      const { handler } = spec
      switch (handler.kind) {
        case 'http':
          return http.probe(spec, handler, signal)
        case 'grpc':
          return probeGrpc(spec, handler, signal)
        case 'tcp':
          return probeTcp(spec, signal)
      }
    },
    close: () => http.close(),
  }
}
