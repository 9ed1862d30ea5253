/** What the routes ask of reading: requests with text in, answers with text out. */
import type { Schema } from '@millrace/core'
import { wholeFrom, invalid, type Request } from '../request.ts'
import { compileCondition, type Condition } from './condition.ts'
import { type EndpointOptions, Endpoints } from './endpoints.ts'
import type { Line } from './line.ts'
import { lookUp } from './look-up.ts'
import type { ModelFeed } from './model-feed.ts'
import { openApi } from './open-api.ts'
import type { Reading } from './reading.ts'
import { READING_LIMITS } from './reading-limits.ts'
import { rowFilter } from './row-filter.ts'
import { matchFrom, refuseUnknown } from './wanted-rows-request.ts'

const LOOK_UP = ['key', 'limit']
const SUBSCRIPTION = ['key', 'where', 'from']

export class ReadingDesk {
  readonly reading: Reading
  readonly #endpoints: Endpoints
  /** By schema, because a condition is bound to the columns of one. */
  readonly #conditions = new WeakMap<Schema, Map<string, Promise<Condition>>>()

  constructor(reading: Reading, endpoints: readonly EndpointOptions[]) {
    this.reading = reading
    this.#endpoints = new Endpoints(reading, endpoints)
  }

  /** Rows by key or by a declared index, as JSON. */
  async rows(model: string, { query, path, ...request }: Request): Promise<string> {
    const feed = this.reading.feed(model)
    refuseUnknown(query, LOOK_UP, path)
    const match = matchFrom(query, feed.schema, path)
    if (match === null) throw invalid(path, 'it names neither `key` nor `match.COLUMN`', 'key')
    const limit = wholeFrom({ query, path, ...request }, 'limit', { least: 1, most: READING_LIMITS.rows }, READING_LIMITS.rows)
    return lookUp({ feed, rows: await this.reading.rowsOf(feed), match, limit })
  }

  /** Joins a subscriber. `lastSeen` is what a browser tells when it comes back by itself. */
  async subscribe(
    model: string,
    { query, path }: Request,
    { lastSeen, open }: { lastSeen: string | null; open: () => Line | null },
  ): Promise<void> {
    const feed = this.reading.feed(model)
    refuseUnknown(query, SUBSCRIPTION, path)
    const match = matchFrom(query, feed.schema, path)
    const where = query.get('where')
    const condition = where === null ? null : await this.#condition(feed, where)
    await this.reading.subscribe({ feed, filter: rowFilter(match, condition), from: lastSeen ?? query.get('from') }, open)
  }

  endpoint(name: string, { query }: Request): Promise<string> {
    return this.#endpoints.answer(name, query)
  }

  openApi(): object {
    return openApi(this.reading, this.#endpoints.all)
  }

  async #condition(feed: ModelFeed, sql: string): Promise<Condition> {
    const { schema, model } = feed
    const known = this.#conditions.get(schema) ?? new Map<string, Promise<Condition>>()
    this.#conditions.set(schema, known)
    const present = known.get(sql)
    if (present !== undefined) return present
    const compiling = compileCondition({ model, schema, sql }).then((condition) => condition.withValues([]))
    known.set(sql, compiling)
    // What does not compile is not kept, and of what does only the newest.
    compiling.catch(() => known.delete(sql))
    const [oldest] = known.keys()
    if (known.size > READING_LIMITS.conditions && oldest !== undefined) known.delete(oldest)
    return compiling
  }
}
