/**
 * What a careful receiver remembers. Every delivery is held to what Millrace promises: each change
 * arrives (no position is left out), its id never changes (law 5), a change may come again but then it
 * is the same, and changes of one key arrive in the order in which they were committed.
 *
 * Memory: four bytes a position and one entry a key, up to `keysMax`; beyond it new keys are
 * counted but no longer followed.
 */
import { PositionSet } from './position-set.ts'

/** The body of a delivery, as Millrace writes it. */
export interface DeliveryBody {
  readonly id: string
  readonly type: string
  readonly stream: string
  readonly partition: number
  readonly position: number
  readonly operation: 'insert' | 'update' | 'delete' | 'truncate'
  readonly key: Readonly<Record<string, unknown>> | null
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
  /** Columns that `after` leaves out because they are as they were. */
  readonly unchanged?: readonly string[]
  /** When the source committed it, ISO 8601 with microseconds. */
  readonly committed_at: string
}

export interface StreamTally {
  /** Different positions seen, over all partitions. */
  readonly seen: number
  /** How many there must be at least: one more than the highest, summed over partitions. */
  readonly expected: number
  /** The first few positions that are missing below the highest, as `partition:position`. */
  readonly holes: readonly string[]
  readonly keys: number
}

export interface LedgerStats {
  readonly first: number
  readonly resent: number
  /** A change of a key that came, for the first time, after a later change of the same key. */
  readonly orderViolations: number
  /** A position that came again with another id. */
  readonly identityViolations: number
  readonly untrackedKeys: number
  readonly streams: Readonly<Record<string, StreamTally>>
}

interface KeyState {
  partition: number
  position: number
  /** JSON of the row, or null once it is deleted. */
  row: string | null
}

interface StreamState {
  readonly partitions: Map<number, PositionSet>
  readonly keys: Map<string, KeyState>
}

const HOLES_SHOWN_MAX = 10

export class Ledger {
  readonly #keysMax: number
  readonly #streams = new Map<string, StreamState>()
  #first = 0
  #resent = 0
  #orderViolations = 0
  #identityViolations = 0
  #untrackedKeys = 0

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  record(body: DeliveryBody): 'first' | 'again' {
    const stream = this.#streamOf(body.stream)
    let positions = stream.partitions.get(body.partition)
    if (positions === undefined) stream.partitions.set(body.partition, (positions = new PositionSet()))
    const sight = positions.add(body.position, body.id)
    if (sight === 'other id') this.#identityViolations += 1
    if (sight !== 'first') {
      this.#resent += 1
      return 'again'
    }
    this.#first += 1
    this.#follow(stream, body)
    return 'first'
  }

  stats(): LedgerStats {
    return {
      first: this.#first,
      resent: this.#resent,
      orderViolations: this.#orderViolations,
      identityViolations: this.#identityViolations,
      untrackedKeys: this.#untrackedKeys,
      streams: Object.fromEntries([...this.#streams].map(([name, state]) => [name, tallyOf(state)])),
    }
  }

  /** The rows that a receiver which applied every delivery would now hold. */
  *rows(stream: string): IterableIterator<Record<string, unknown>> {
    for (const state of this.#streams.get(stream)?.keys.values() ?? []) {
      if (state.row !== null) yield JSON.parse(state.row) as Record<string, unknown>
    }
  }

  #streamOf(name: string): StreamState {
    const known = this.#streams.get(name)
    if (known !== undefined) return known
    const made: StreamState = { partitions: new Map(), keys: new Map() }
    this.#streams.set(name, made)
    return made
  }

  #follow(stream: StreamState, body: DeliveryBody): void {
    if (body.operation === 'truncate') return this.#truncate(stream, body)
    if (body.key === null || Object.keys(body.key).length === 0) return
    const keyBefore = body.operation === 'update' && body.before !== null ? keyOf(body.key, body.before) : null
    const key = JSON.stringify(Object.values(body.key))
    const row = body.operation === 'delete' ? null : wholeRow(body, stream.keys.get(keyBefore ?? key)?.row ?? null)
    if (keyBefore !== null && keyBefore !== key) this.#put(stream, keyBefore, body, null)
    this.#put(stream, key, body, row)
  }

  #put(stream: StreamState, key: string, body: DeliveryBody, row: DeliveryBody['after']): void {
    const state = stream.keys.get(key)
    const text = row === null ? null : JSON.stringify(row)
    if (state === undefined) {
      if (stream.keys.size >= this.#keysMax) {
        this.#untrackedKeys += 1
        return
      }
      stream.keys.set(key, { partition: body.partition, position: body.position, row: text })
      return
    }
    // Positions are comparable within a partition only, and a key stays in its partition.
    if (state.partition === body.partition && body.position < state.position) {
      this.#orderViolations += 1
      return
    }
    state.partition = body.partition
    state.position = body.position
    state.row = text
  }

  #truncate(stream: StreamState, body: DeliveryBody): void {
    for (const state of stream.keys.values()) {
      if (state.partition === body.partition) state.row = null
    }
  }
}

function tallyOf(state: StreamState): StreamTally {
  let seen = 0
  let expected = 0
  const holes: string[] = []
  for (const [partition, positions] of state.partitions) {
    seen += positions.seen
    expected += positions.next
    if (positions.seen === positions.next) continue
    for (const hole of positions.holes(HOLES_SHOWN_MAX - holes.length)) holes.push(`${partition}:${hole}`)
  }
  let keys = 0
  for (const key of state.keys.values()) if (key.row !== null) keys += 1
  return { seen, expected, holes, keys }
}

/** The row after the change; what is told to be unchanged is as the row had it. */
function wholeRow({ after, unchanged = [] }: DeliveryBody, before: string | null): DeliveryBody['after'] {
  if (after === null || before === null || unchanged.length === 0) return after
  const old = JSON.parse(before) as Record<string, unknown>
  return { ...Object.fromEntries(unchanged.flatMap((name) => (name in old ? [[name, old[name]]] : []))), ...after }
}

/** The key of the row before, if it told all of it. */
function keyOf(key: Readonly<Record<string, unknown>>, before: Readonly<Record<string, unknown>>): string | null {
  const values = Object.keys(key).map((name) => before[name])
  return values.includes(undefined) ? null : JSON.stringify(values)
}
