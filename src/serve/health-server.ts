// Health for whoever restarts or routes (kubelet, systemd, a load balancer), and metrics beside it.
import type { MetricsRegistry } from '../telemetry/metrics.ts'
import { methodNotAllowed, textAnswer, type Answer, type HttpRequest } from './answer.ts'
import { startHttpServer, type HttpServerOptions, type RunningHttpServer } from './http-server.ts'

export interface HealthPort {
  /** Why the process should be restarted; empty when it need not be. */
  live(): readonly string[]
  /** Why it cannot do its work at the moment; empty when it can. */
  ready(): readonly string[]
}

/** Without metrics, `/metrics` is not there, and health stays. */
export function startHealthServer(
  options: HttpServerOptions,
  health: HealthPort,
  metrics: Pick<MetricsRegistry, 'contentType' | 'render'> | undefined,
): Promise<RunningHttpServer> {
  const routes: Readonly<Record<string, (() => Answer | Promise<Answer>) | undefined>> = {
    '/health': () => report([...health.live(), ...health.ready()]),
    '/health/live': () => report(health.live()),
    '/health/ready': () => report(health.ready()),
    ...(metrics && { '/metrics': () => renderMetrics(metrics) }),
  }
  return startHttpServer(options, ({ method, url }: HttpRequest) => {
    const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined
    if (route === undefined) return textAnswer(404, `there are ${Object.keys(routes).join(', ')}`)
    return method === 'GET' || method === 'HEAD' ? route() : methodNotAllowed('GET, HEAD')
  })
}

function report(problems: readonly string[]): Answer {
  return problems.length === 0 ? textAnswer(200, 'ok') : textAnswer(503, problems.join('\n'))
}

async function renderMetrics(metrics: Pick<MetricsRegistry, 'contentType' | 'render'>): Promise<Answer> {
  return { status: 200, headers: { 'content-type': metrics.contentType }, body: await metrics.render() }
}
