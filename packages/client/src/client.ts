/** Reads the live models of a running Millrace. Without dependencies, for Node 20 and later and for browsers. */
import { errorOf, lineError } from './read-error.ts'
import { Subscription } from './subscription.ts'
import type { ClientOptions, Key, KeyValue, Match, Row, Rows, SubscribeOptions } from './types.ts'

export interface Client {
  /** The rows as they are and then every change, over as many lines as it takes, each change once. */
  subscribe<R = Row>(model: string, options?: SubscribeOptions): Subscription<R>
  /** The row with this key; null where there is none. */
  get<R = Row>(model: string, key: Key, options?: { readonly signal?: AbortSignal }): Promise<R | null>
  /** The rows with these values, by a declared index. */
  find<R = Row>(model: string, match: Match, options?: { readonly limit?: number; readonly signal?: AbortSignal }): Promise<Rows<R>>
  /** The answer of a declared endpoint. */
  endpoint<R = Row>(name: string, parameters?: Match, options?: { readonly signal?: AbortSignal }): Promise<Rows<R>>
}

export function createClient({ url, headers = {}, fetch: ask = fetch }: ClientOptions): Client {
  const address = (path: string): URL => new URL(path, url.endsWith('/') ? url : `${url}/`)
  const modelAddress = (model: string, what: 'rows' | 'changes'): URL => address(`api/models/${encodeURIComponent(model)}/${what}`)

  async function answer<R>(from: URL, signal: AbortSignal | undefined): Promise<Rows<R>> {
    const response = await ask(from, { headers, ...(signal === undefined ? {} : { signal }) }).catch((cause: unknown) => {
      signal?.throwIfAborted()
      throw lineError(url, cause)
    })
    if (!response.ok) throw await errorOf(response)
    return (await response.json()) as Rows<R>
  }

  return {
    subscribe<R>(model: string, options: SubscribeOptions = {}) {
      const from = modelAddress(model, 'changes')
      const { key, where } = options
      if (key !== undefined) addKey(from, key)
      if (typeof where === 'string') from.searchParams.set('where', where)
      else if (where !== undefined) addMatch(from, where)
      return new Subscription<R>({ url: from.href, headers, fetch: ask }, options)
    },
    async get<R>(model: string, key: Key, options: { readonly signal?: AbortSignal } = {}) {
      const from = modelAddress(model, 'rows')
      addKey(from, key)
      const { rows } = await answer<R>(from, options.signal)
      return rows[0] ?? null
    },
    find<R>(model: string, match: Match, options: { readonly limit?: number; readonly signal?: AbortSignal } = {}) {
      const from = modelAddress(model, 'rows')
      addMatch(from, match)
      if (options.limit !== undefined) from.searchParams.set('limit', String(options.limit))
      return answer<R>(from, options.signal)
    },
    endpoint<R>(name: string, parameters: Match = {}, options: { readonly signal?: AbortSignal } = {}) {
      const from = address(`api/endpoints/${encodeURIComponent(name)}`)
      for (const [parameter, value] of Object.entries(parameters)) from.searchParams.append(parameter, String(value))
      return answer<R>(from, options.signal)
    },
  }
}

function addKey(url: URL, key: Key): void {
  for (const value of isList(key) ? key : [key]) url.searchParams.append('key', String(value))
}

function isList(key: Key): key is readonly KeyValue[] {
  return Array.isArray(key)
}

function addMatch(url: URL, match: Match): void {
  for (const [column, value] of Object.entries(match)) url.searchParams.append(`match.${column}`, String(value))
}
