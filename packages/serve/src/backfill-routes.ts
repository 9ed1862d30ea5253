import type { ServeApi } from './api.ts'
import { invalid, parameter } from './request.ts'
import { sendJson } from './respond.ts'
import type { Route } from './router.ts'

/** How far the reading of a stream's rows is. */
export interface BackfillState {
  readonly stream: string
  /** `load`, `rebuild` or `backfill`; null where nothing was read since the process started. */
  readonly mode: string | null
  readonly rows: number
  /** What the source's planner believes there are. */
  readonly rowsEstimate: number
  /** Rows that the log did not have just so, and those that are gone. */
  readonly told: number
  readonly ended: boolean
  /** It was given up: `error` tells why. */
  readonly failed: boolean
  readonly error: string | null
}

/** Reading the rows of a table anew, while it is followed. */
export function backfillRoutes(api: ServeApi): readonly Route[] {
  return [
    {
      method: 'GET',
      pattern: '/api/streams/:name/backfill',
      answer: (request, response) => sendJson(response, api.backfillState(parameter(request, 'name'))),
    },
    {
      method: 'POST',
      pattern: '/api/streams/:name/backfill',
      answer: async (request, response) => {
        const { where = null } = await request.body()
        if (where !== null && typeof where !== 'string') throw invalid(request.path, '`where` must be a text', '`where`')
        sendJson(response, await api.backfill(parameter(request, 'name'), where))
      },
    },
  ]
}
