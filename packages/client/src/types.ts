/** What a row holds: numbers that JavaScript could not hold exactly, and all decimals and times, are text. */
export type Cell = null | boolean | number | string
export type Row = Readonly<Record<string, Cell>>

/** A value that rows are looked up by. */
export type KeyValue = string | number | bigint | boolean

/** The row whose key has one column, the key's columns in their order, or by name. */
export type Key = KeyValue | readonly KeyValue[]

export type Match = Readonly<Record<string, KeyValue>>

export interface ClientOptions {
  /** Where `millrace start` says that it is: `http://127.0.0.1:4480`. */
  readonly url: string
  /** Headers of every request, for a proxy in between. Not sent over WebSocket: a browser does not let us. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: typeof fetch
}

export interface SubscribeOptions {
  /**
   * Where to begin: a position that an earlier subscription told; `now` for only what comes; default: the
   * rows as they are, and then every change.
   */
  readonly from?: string
  /** Only the row with this key. */
  readonly key?: Key
  /** Only rows with these values, or for which this SQL condition is true. A row that leaves is told as deleted. */
  readonly where?: Match | string
  readonly signal?: AbortSignal
  readonly transport?: 'events' | 'websocket'
  /** So long nothing may come, not even a heartbeat, before the line is taken for dead. Default 45 s. */
  readonly silenceMs?: number
  /** What to do where a position cannot be resumed from: fail, or begin with the rows as they are. Default fail. */
  readonly whenGone?: 'fail' | 'restart'
  /** Told of each broken line before it is made anew. */
  readonly onReconnect?: (error: Error) => void
}

/**
 * One change, in the order of commits.
 *
 * `insert`, `update`, `delete`: of one row. `truncate`: everything known so far is void. `ready`: what came
 * before is whole: the snapshot, or the beginning where there is none.
 */
export interface Change<R = Row> {
  readonly operation: 'insert' | 'update' | 'delete' | 'truncate' | 'ready'
  readonly before: R | null
  readonly after: R | null
  /** A row of the snapshot, not a change. */
  readonly snapshot: boolean
  /** The last of its commit: what is known now is what one moment of the model was. */
  readonly last: boolean
  /** The cut of Millrace's log; null within a snapshot. */
  readonly cut: number | null
  /** Go on from here to get exactly what follows; null where the next change must be awaited for that. */
  readonly position: string | null
}

export interface Rows<R = Row> {
  readonly model: string
  readonly rows: readonly R[]
  /** There are more than the limit. */
  readonly more: boolean
  /** What the rows are of: subscribe from here to get every later change. */
  readonly position: string
}
