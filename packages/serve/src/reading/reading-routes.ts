import type { Route } from '../router.ts'
import { parameter } from '../request.ts'
import { sendJson, sendText } from '../respond.ts'
import { EventStreamLine } from './event-stream-line.ts'
import type { ReadingDesk } from './reading-desk.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Live models as others read them: look-ups, endpoints, subscriptions as server-sent events. */
export function readingRoutes(desk: ReadingDesk): readonly Route[] {
  return [
    {
      method: 'GET',
      pattern: '/api/models/:name/rows',
      answer: async (request, response) => sendText(response, await desk.rows(parameter(request, 'name'), request), JSON_TYPE),
    },
    {
      method: 'GET',
      pattern: '/api/models/:name/changes',
      answer: async (request, response) => {
        const lastSeen = response.req.headers['last-event-id']
        await desk.subscribe(parameter(request, 'name'), request, {
          lastSeen: typeof lastSeen === 'string' && lastSeen !== '' ? lastSeen : null,
          open: () => (response.socket === null || response.socket.destroyed ? null : new EventStreamLine(response, response.socket)),
        })
      },
    },
    {
      method: 'GET',
      pattern: '/api/endpoints/:name',
      answer: async (request, response) => sendText(response, await desk.endpoint(parameter(request, 'name'), request), JSON_TYPE),
    },
    { method: 'GET', pattern: '/api/openapi.json', answer: (_, response) => sendJson(response, desk.openApi()) },
  ]
}
