// From a health check as people write it to what is asked of each address.
import type { HealthCheck } from '../../api/generated/node-pool.ts'
import type { IpAddress } from '../../model/address.ts'
import type { ProbeHandler, ProbeSpec } from '../../observe/health/probe-spec.ts'

export function deriveProbeSpec(check: HealthCheck, address: IpAddress): ProbeSpec {
  return {
    address,
    port: (check.httpGet ?? check.tcpSocket ?? check.grpc)?.port ?? 0,
    handler: deriveHandler(check),
    periodMs: check.periodSeconds * 1000,
    timeoutMs: check.timeoutSeconds * 1000,
    failureThreshold: check.failureThreshold,
    successThreshold: check.successThreshold,
  }
}

function deriveHandler({ httpGet, grpc }: HealthCheck): ProbeHandler {
  if (httpGet !== undefined) {
    const { scheme, path, host, httpHeaders: headers, expectedStatus, insecureSkipVerify } = httpGet
    return { kind: 'http', scheme, path, host, headers, expectedStatus, insecureSkipVerify }
  }
  return grpc === undefined ? { kind: 'tcp' } : { kind: 'grpc', service: grpc.service ?? '' }
}
