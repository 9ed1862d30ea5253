import type { ParkedStatus, ServeApi } from './api.ts'
import { SERVE_LIMITS } from './limits.ts'
import { rowFrom } from './read-body.ts'
import { oneOf, parameter, wholeFrom } from './request.ts'
import { sendJson } from './respond.ts'
import type { Route } from './router.ts'

const STATUSES: readonly ParkedStatus[] = ['parked', 'replayed', 'dropped']

/** What was set aside, and the ways out (law 9). */
export function parkedRoutes(api: ServeApi): readonly Route[] {
  return [
    {
      method: 'GET',
      pattern: '/api/parked',
      answer: async (request, response) => {
        const page = await api.parked({
          source: request.query.get('source'),
          stream: request.query.get('stream'),
          status: oneOf(request, 'status', STATUSES) ?? 'parked',
          after: request.query.get('after'),
          limit: wholeFrom(request, 'limit', { least: 1, most: SERVE_LIMITS.page }, 50),
        })
        sendJson(response, page)
      },
    },
    {
      method: 'GET',
      pattern: '/api/parked/:id',
      answer: async (request, response) => sendJson(response, await api.parkedRecord(parameter(request, 'id'))),
    },
    {
      method: 'POST',
      pattern: '/api/streams/:name/accept',
      answer: async (request, response) => sendJson(response, await api.acceptTable(parameter(request, 'name'))),
    },
    {
      method: 'POST',
      pattern: '/api/parked/:id/fix',
      answer: async (request, response) => {
        const { row } = await request.body()
        sendJson(response, await api.fixParked(parameter(request, 'id'), rowFrom(row, request.path)))
      },
    },
    {
      method: 'POST',
      pattern: '/api/parked/:id/replay',
      answer: async (request, response) => sendJson(response, await api.replayParked(parameter(request, 'id'))),
    },
    {
      method: 'POST',
      pattern: '/api/parked/:id/drop',
      answer: async (request, response) => sendJson(response, await api.dropParked(parameter(request, 'id'))),
    },
  ]
}
