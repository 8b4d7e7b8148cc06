// Health for whoever restarts or routes (kubelet, systemd, a load balancer), and metrics beside it.
import type { MetricsRegistry } from '../telemetry/metrics.ts'
import { methodNotAllowed, textAnswer, type Answer, type HttpRequest } from './answer.ts'
import { createLoopbackGuard } from './host-guard.ts'
import { startHttpServer, type HttpServerOptions, type RunningHttpServer } from './http-server.ts'

export interface HealthPort {
  /** Why the process should be restarted; empty when it need not be. */
  live(): readonly string[]
  /** Why it cannot do its work at the moment; empty when it can. */
  ready(): readonly string[]
}

export interface HealthServerOptions extends HttpServerOptions {
  /** Names under which metrics are reached on loopback, through a reverse proxy for instance. */
  readonly names?: readonly string[] | undefined
}

const FOREIGN_NAME =
  'metrics are answered for localhost and addresses only; to reach them under a name, give that in pageHosts (--page-hosts, STOA_PAGE_HOSTS)'

/** Without metrics, `/metrics` is not there, and health stays. */
export function startHealthServer(
  options: HealthServerOptions,
  health: HealthPort,
  metrics: Pick<MetricsRegistry, 'contentType' | 'render'> | undefined,
): Promise<RunningHttpServer> {
  // Health says nothing of what is kept; metrics name zones.
  const isTrusted = createLoopbackGuard({ host: options.host, names: options.names })
  const routes: Readonly<Record<string, Route | undefined>> = {
    '/health': () => report([...health.live(), ...health.ready()]),
    '/health/live': () => report(health.live()),
    '/health/ready': () => report(health.ready()),
    ...(metrics && {
      '/metrics': ({ host }) => (isTrusted(host) ? renderMetrics(metrics) : textAnswer(403, FOREIGN_NAME)),
    }),
  }
  return startHttpServer(options, ({ method, url, headers }: HttpRequest) => {
    const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined
    if (route === undefined) return textAnswer(404, `there are ${Object.keys(routes).join(', ')}`)
    return method === 'GET' || method === 'HEAD' ? route(headers) : methodNotAllowed('GET, HEAD')
  })
}

type Route = (headers: HttpRequest['headers']) => Answer | Promise<Answer>

function report(problems: readonly string[]): Answer {
  return problems.length === 0 ? textAnswer(200, 'ok') : textAnswer(503, problems.join('\n'))
}

async function renderMetrics(metrics: Pick<MetricsRegistry, 'contentType' | 'render'>): Promise<Answer> {
  return { status: 200, headers: { 'content-type': metrics.contentType }, body: await metrics.render() }
}
