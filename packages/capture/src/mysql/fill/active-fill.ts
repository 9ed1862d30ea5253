/** One table that is read anew while the stream goes on: what its reader and the stream tell each other. */
import type { StreamDefinition } from '@millrace/core'
import type { Cascade } from '../catalog/read-cascades.ts'
import type { BinlogPlace } from './binlog-place.ts'

export interface FillRequest {
  readonly table: string
  /** Where the view stands under which the rows are read: what the binlog has before it is in them. */
  readonly place: BinlogPlace
  readonly timeMicros: number
  /** The shape of the table there; null where it is gone. */
  readonly definition: StreamDefinition | null
  /** How its rows change with those of others, without an event. */
  readonly cascades: readonly Cascade[]
}

/**
 * `shown`: its rows are in view. `stopped`: it changed again in a way that cannot be followed. `gone`: it was
 * dropped. `disturbed`: a prepared transaction came in between, and its rows are to be read once more.
 */
export type FillEnd = 'shown' | 'stopped' | 'gone' | 'disturbed'

export class ActiveFill {
  readonly request: FillRequest
  /** The stream has passed the place, so that the table's changes belong to the fill. */
  isJoined = false
  /** All rows are durable, and wait to be shown. */
  isRead = false
  /** The number that the rows get; 0 before the fill is joined. */
  transaction = 0
  readonly #end = Promise.withResolvers<FillEnd>()
  readonly #over = new AbortController()

  constructor(request: FillRequest) {
    this.request = request
  }

  get ended(): Promise<FillEnd> {
    return this.#end.promise
  }

  /** Aborts when the fill ends, so that nothing more is read. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  end(how: FillEnd): void {
    this.#end.resolve(how)
    this.#over.abort()
  }
}
