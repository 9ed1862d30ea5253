import type { ServeApi } from './api.ts'
import { parameter } from './request.ts'
import { sendJson } from './respond.ts'
import type { Route } from './router.ts'

/** Somebody tells that something is new at a source: it looks there now and not at its next poll. */
export function notifyRoute(api: ServeApi): Route {
  return {
    method: 'POST',
    pattern: '/api/sources/:name/notify',
    answer: async (request, response) => sendJson(response, api.notify(parameter(request, 'name'), await request.body())),
  }
}
