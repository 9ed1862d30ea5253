import type { EventStatus, ServeApi } from './api.ts'
import type { Feed } from './feed.ts'
import { SERVE_LIMITS } from './limits.ts'
import { notifyRoute } from './notify-route.ts'
import { metricsText } from './metrics.ts'
import type { Reading } from './reading/reading.ts'
import { backfillRoutes } from './backfill-routes.ts'
import { parkedRoutes } from './parked-routes.ts'
import { oneOf, parameter, wholeFrom } from './request.ts'
import { sendJson, sendText } from './respond.ts'
import type { Route } from './router.ts'

const EVENT_STATUSES: readonly EventStatus[] = ['waiting', 'sending', 'delivered', 'retrying', 'parked']
const POSITION = { least: 0, most: Number.MAX_SAFE_INTEGER }
const PAGE = { least: 1, most: SERVE_LIMITS.page }

/** Every path that is answered, in the order of `ServeApi`. */
export function routesOf(api: ServeApi, feed: Feed, reading: Reading | null): readonly Route[] {
  return [
    { method: 'GET', pattern: '/api/overview', answer: (_, response) => sendJson(response, api.overview()) },
    { method: 'GET', pattern: '/api/graph', answer: (_, response) => sendJson(response, api.graph()) },
    { method: 'GET', pattern: '/api/feed', answer: (_, response) => feed.join(response) },
    {
      method: 'GET',
      pattern: '/api/latest',
      answer: async (request, response) => {
        const afterCut = wholeFrom(request, 'after', POSITION, 0)
        sendJson(response, await api.latest({ afterCut, limit: wholeFrom(request, 'limit', PAGE, SERVE_LIMITS.feedChanges) }))
      },
    },
    {
      method: 'GET',
      pattern: '/api/streams/:name/changes',
      answer: async (request, response) => {
        const page = await api.changes({
          stream: parameter(request, 'name'),
          partition: wholeFrom(request, 'partition', POSITION, 0),
          after: wholeFrom(request, 'after', POSITION, null),
          limit: wholeFrom(request, 'limit', PAGE, 100),
        })
        sendJson(response, page)
      },
    },
    {
      method: 'GET',
      pattern: '/api/models/:name',
      answer: async (request, response) => sendJson(response, await api.model(parameter(request, 'name'))),
    },
    {
      method: 'POST',
      pattern: '/api/models/:name/prove',
      answer: async (request, response) => sendJson(response, await api.prove(parameter(request, 'name'))),
    },
    {
      method: 'POST',
      pattern: '/api/streams/:name/prove',
      answer: async (request, response) => sendJson(response, await api.proveStream(parameter(request, 'name'))),
    },
    {
      method: 'GET',
      pattern: '/api/deliveries/:name/events',
      answer: async (request, response) => {
        const page = await api.events({
          delivery: parameter(request, 'name'),
          status: oneOf(request, 'status', EVENT_STATUSES),
          cursor: request.query.get('cursor'),
          limit: wholeFrom(request, 'limit', PAGE, 50),
        })
        sendJson(response, page)
      },
    },
    {
      method: 'GET',
      pattern: '/api/deliveries/:name/events/:id',
      answer: async (request, response) => sendJson(response, await api.event(parameter(request, 'name'), parameter(request, 'id'))),
    },
    {
      method: 'POST',
      pattern: '/api/deliveries/:name/events/:id/resend',
      answer: async (request, response) => sendJson(response, await api.resend(parameter(request, 'name'), parameter(request, 'id'))),
    },
    {
      method: 'POST',
      pattern: '/api/deliveries/:name/enable',
      answer: async (request, response) => sendJson(response, await api.enable(parameter(request, 'name'))),
    },
    ...parkedRoutes(api),
    ...backfillRoutes(api),
    notifyRoute(api),
    {
      method: 'GET',
      pattern: '/healthz',
      answer: (_, response) => sendJson(response, { alive: true, trust: api.overview().answer.trust }),
    },
    {
      method: 'GET',
      pattern: '/metrics',
      answer: (_, response) => sendText(response, metricsText(api, reading), 'text/plain; version=0.0.4; charset=utf-8'),
    },
  ]
}
