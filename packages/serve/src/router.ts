import { MillraceError } from '@millrace/base'
import type { ServerResponse } from 'node:http'
import { invalid, type Request } from './request.ts'

export interface Route {
  readonly method: 'GET' | 'POST'
  /** `/api/models/:name/prove`: a segment with a colon stands for any text without a slash. */
  readonly pattern: string
  readonly answer: (request: Request, response: ServerResponse) => void | Promise<void>
}

export interface Match {
  readonly route: Route
  readonly request: Request
}

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly body: Request['body']
}

/** The first route that fits; null where none does and the path is not the API's. */
export function match(routes: readonly Route[], asked: Asked): Match | null {
  const { method, url, body } = asked
  const words = segments(url.pathname)
  for (const route of routes) {
    if (route.method !== method) continue
    const parameters = fit(patternSegments(route.pattern), words, url.pathname)
    if (parameters !== null) return { route, request: { path: url.pathname, parameters, query: url.searchParams, body } }
  }
  const ours = words[0] === 'api' || (method !== 'GET' && method !== 'HEAD')
  if (ours) throw new MillraceError('HTTP_PATH_UNKNOWN', { details: { method, path: url.pathname } })
  return null
}

function fit(pattern: readonly string[], words: readonly string[], path: string): Record<string, string> | null {
  if (pattern.length !== words.length) return null
  const parameters: Record<string, string> = {}
  for (const [at, part] of pattern.entries()) {
    const word = words[at] ?? ''
    if (part.startsWith(':')) parameters[part.slice(1)] = decoded(word, path)
    else if (part !== word) return null
  }
  return parameters
}

/** As many as there are routes: a look-up would spend more time on cutting them up than on its row. */
const PATTERNS = new Map<string, readonly string[]>()

function patternSegments(pattern: string): readonly string[] {
  let found = PATTERNS.get(pattern)
  if (found === undefined) {
    found = segments(pattern)
    PATTERNS.set(pattern, found)
  }
  return found
}

function segments(path: string): string[] {
  return path.split('/').filter((word) => word !== '')
}

export function decoded(text: string, path: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(path, 'it is not well encoded', 'the percent signs in the path')
  }
}
