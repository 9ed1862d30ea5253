/**
 * All fills of one source, as the stream meets them: sends changes to where they belong, and shows what is
 * ready. It is made anew for each session, out of what stands in the log.
 */
import { assert, reach } from '@millrace/base'
import type { Append, ControlStatement, LogReader, ShownTail, StateSegment, StreamDefinition, WriteSet } from '@millrace/core'
import type { Parking } from '../../parking/parking.ts'
import { streamedTails } from '../tail-name.ts'
import { ActiveFill } from './active-fill.ts'
import {
  chunksOwner,
  type FillHeader,
  headerSegment,
  headersOwner,
  readHeaders,
  type Redirect,
  REDIRECTS_PART,
  segmentOf,
} from './fill-header.ts'
import type { Boundary, FillRouter } from './fill-router.ts'
import { byTransaction, shiftedBatch } from './slice-batch.ts'

export interface FillsOptions {
  readonly source: string
  readonly reader: LogReader
  readonly parking: Parking | null
  /** Streams whose rows are all in view. */
  readonly filled: readonly string[]
  /** The position from which the session streams. */
  readonly position: number
  /** Added to each position of this server, so that a stream's transactions never decrease, whichever server it was. */
  readonly offset: number
  readonly isKeyed: (stream: string) => boolean
  /** Told of each fill in the set that shows it. */
  readonly onShown: (fill: ActiveFill) => void
  /** Told once that set is durable. */
  readonly onVisible: (stream: string) => void
}

/** What a new fill starts with. */
export type FillRequest = Pick<FillHeader, 'stream' | 'mode' | 'group' | 'where' | 'why'>

export class Fills implements FillRouter {
  readonly #options: FillsOptions
  readonly #fills = new Map<string, ActiveFill>()
  /** Streams whose fill was dropped: what is still on its way of them is of no account. */
  readonly #muted = new Set<string>()
  readonly #filled: Set<string>
  #redirects: Redirect[]
  #definitions: StreamDefinition[] = []
  #discard: string[] = []
  #cleared: string[] = []
  #removed: string[] = []
  #control: ControlStatement[] = []
  #shown: string[] = []
  readonly #dirty = new Set<ActiveFill>()
  #areRedirectsDirty = false
  /** Everything before it was routed. */
  #position: number
  #shownPosition = 0

  constructor(options: FillsOptions) {
    const { source, reader, isKeyed, filled, position } = options
    this.#options = options
    this.#filled = new Set(filled)
    this.#position = position
    const { headers, redirects } = readHeaders(reader, source)
    for (const header of headers) this.#track(new ActiveFill(source, header, isKeyed(header.stream)))
    // The server sends these transactions again, as wholes.
    this.#discard.push(...redirects.map(({ tail }) => tail))
    this.#redirects = []
    this.#areRedirectsDirty = redirects.length > 0
  }

  get active(): readonly ActiveFill[] {
    return [...this.#fills.values()]
  }

  get filled(): readonly string[] {
    return [...this.#filled]
  }

  /** Everything before it has been decoded, and was given its place. */
  get position(): number {
    return this.#position
  }

  of(stream: string): ActiveFill | undefined {
    return this.#fills.get(stream)
  }

  get isDue(): boolean {
    return this.#discard.length > 0 || this.#definitions.length > 0 || this.#groups().some((group) => this.#isReady(group, Infinity))
  }

  /** From here on the stream's changes belong to a fill; whatever an earlier one had is forgotten. */
  begin(request: FillRequest, definition: StreamDefinition): ActiveFill {
    const { source, isKeyed } = this.#options
    const old = this.#fills.get(request.stream)
    if (old !== undefined) this.forget(old)
    this.#removed = this.#removed.filter((stream) => stream !== request.stream)
    const header: FillHeader = { ...request, era: 0, position: null, nextTail: old?.header.nextTail ?? 0, tails: [], doubtful: [] }
    const fill = new ActiveFill(source, header, isKeyed(request.stream))
    this.#definitions.push(definition)
    this.#track(fill)
    return fill
  }

  forget(fill: ActiveFill): void {
    this.#dropTails(fill.beginAnew())
    this.#fills.delete(fill.stream)
    if (fill.header.mode !== 'backfill') this.#muted.add(fill.stream)
    this.#dirty.delete(fill)
    this.#removed.push(fill.stream)
    this.#cleared.push(chunksOwner(this.#options.source, fill.stream))
  }

  /** A snapshot of the fill stands at this position; the header goes into a commit of its own or the next one. */
  beginEra(fill: ActiveFill, position: number): void {
    // What is parked of the table is read anew. Not when the fill shows: what it parks itself is to stay.
    if (fill.header.era === 0 && fill.header.where === null) this.#control.push(...(this.#options.parking?.supersede(fill.stream) ?? []))
    this.#dropTails(fill.beginEra(position))
    this.#dirty.add(fill)
  }

  beginAnew(fill: ActiveFill): void {
    this.#dropTails(fill.beginAnew())
    this.#cleared.push(chunksOwner(this.#options.source, fill.stream))
    this.#dirty.add(fill)
  }

  /** A set that carries what changed here and nothing else; empty where nothing did. */
  takeChanges(): WriteSet {
    return this.#withMemory({}, [])
  }

  route(set: WriteSet, boundary: Boundary | null): WriteSet {
    const show: ShownTail[] = []
    if (boundary !== null) this.#showReady(boundary, show)
    for (const shown of set.show ?? []) this.#settle(shown, boundary, show)
    for (const tail of set.discard ?? []) this.#drop(tail)
    const { appends: given = [], ...rest } = set
    const appends = given.flatMap((append) => this.#placed(append))
    if (boundary !== null) this.#position = Math.max(this.#position, boundary.position)
    return this.#shifted(this.#withMemory({ ...rest, ...(appends.length === 0 ? {} : { appends }) }, show))
  }

  /** A set that is refused instead ends the session, and this with it. */
  routed(): void {
    const shown = this.#shown
    this.#shown = []
    if (shown.length > 0) reach('capture.after-snapshot')
    for (const stream of shown) this.#options.onVisible(stream)
  }

  #track(fill: ActiveFill): void {
    this.#fills.set(fill.stream, fill)
    this.#muted.delete(fill.stream)
    this.#dirty.add(fill)
  }

  #placed(append: Append): Append[] {
    const fill = this.#fills.get(append.stream)
    if (fill === undefined) return this.#muted.has(append.stream) ? [] : [append]
    const tails = fill.header.tails.length
    const placed = append.tail === undefined ? fill.place(append) : this.#partPlaced(fill, append, append.tail)
    if (fill.header.tails.length !== tails || fill.header.doubtful === null || fill.header.doubtful.length > 0) this.#dirty.add(fill)
    return placed
  }

  /** Part of a large transaction: kept apart until the transaction's place in the fill is known. */
  #partPlaced(fill: ActiveFill, append: Append, from: string): Append[] {
    if (fill.header.mode === 'backfill') {
      // It cannot be shown and kept at once; so the rows are read again, after it.
      fill.spoilt = 'anew'
      return [append]
    }
    const isStreamed = from.startsWith(streamedTails(this.#options.source))
    const batches = isStreamed ? [append.batch] : byTransaction(append.batch)
    return batches.map((batch) => {
      const transaction = isStreamed ? null : (batch.transactions[0] as number)
      return { ...append, batch, tail: this.#redirectOf(fill, from, transaction).tail }
    })
  }

  #redirectOf(fill: ActiveFill, from: string, transaction: number | null): Redirect {
    const { stream } = fill
    const known = this.#redirects.find((each) => each.from === from && each.stream === stream && each.transaction === transaction)
    if (known !== undefined) return known
    fill.header.nextTail += 1
    this.#dirty.add(fill)
    const made: Redirect = { from, stream, tail: fill.nameOf(`part-${fill.header.nextTail}`), transaction }
    this.#redirects.push(made)
    this.#areRedirectsDirty = true
    return made
  }

  /** A large transaction has ended: what of it belongs to a fill takes its place there, the rest shows. */
  #settle(shown: ShownTail, boundary: Boundary | null, show: ShownTail[]): void {
    show.push(shown)
    const own = this.#redirects.filter(({ from }) => from === shown.tail)
    if (own.length === 0) return
    this.#redirects = this.#redirects.filter(({ from }) => from !== shown.tail)
    this.#areRedirectsDirty = true
    for (const { stream, tail, transaction } of own) {
      const fill = this.#fills.get(stream)
      const at = transaction ?? shown.origin?.transaction ?? boundary?.transaction
      assert(at !== undefined, 'a transaction that ended has a place')
      if (fill === undefined) show.push({ ...shown, tail })
      else if (fill.list({ tail, transaction: at, timeMicros: shown.origin?.timeMicros ?? null })) this.#dirty.add(fill)
      else this.#discard.push(tail)
    }
  }

  /** A large transaction was given up. */
  #drop(tail: string): void {
    const isOwn = ({ from }: Redirect): boolean => (tail.endsWith('/') ? from.startsWith(tail) : from === tail)
    const own = this.#redirects.filter(isOwn)
    if (own.length === 0) return
    this.#redirects = this.#redirects.filter((redirect) => !isOwn(redirect))
    this.#areRedirectsDirty = true
    this.#dropTails(own.map((each) => each.tail))
  }

  #groups(): ActiveFill[][] {
    const groups = new Map<string, ActiveFill[]>()
    for (const fill of this.#fills.values()) groups.set(fill.header.group, [...(groups.get(fill.header.group) ?? []), fill])
    return [...groups.values()]
  }

  /**
   * Everything before the snapshots was routed in earlier sets. A backfill gets a place of its own among
   * the transactions: the last byte before `#position`, at which none stands.
   */
  #isReady(group: readonly ActiveFill[], position: number): boolean {
    return group.every(({ isReady, isOpening, spoilt, header }) => {
      if (!isReady || isOpening || spoilt !== null || header.position === null || header.position > position) return false
      return header.mode !== 'backfill' || position > Math.max(header.position, this.#shownPosition)
    })
  }

  #showReady(boundary: Boundary, show: ShownTail[]): void {
    const { source, onShown } = this.#options
    const origin = { transaction: this.#position - 1, timeMicros: boundary.timeMicros }
    for (const group of this.#groups()) {
      if (!this.#isReady(group, this.#position)) continue
      reach('capture.before-show')
      for (const fill of group) {
        const { stream } = fill
        const isNeeded = fill.header.mode !== 'backfill' || fill.emitted > 0
        if (isNeeded) show.push(...fill.shown(origin))
        else this.#dropTails(fill.header.tails.map(({ tail }) => tail))
        this.#fills.delete(stream)
        this.#dirty.delete(fill)
        this.#filled.add(stream)
        this.#removed.push(stream)
        this.#cleared.push(chunksOwner(source, stream))
        this.#shown.push(stream)
        onShown(fill)
      }
      this.#shownPosition = this.#position
    }
  }

  #dropTails(tails: readonly string[]): void {
    this.#discard.push(...tails)
  }

  #withMemory(set: WriteSet, show: readonly ShownTail[]): WriteSet {
    const { source } = this.#options
    const streams = [...(set.streams ?? []), ...this.#definitions]
    const discard = [...(set.discard ?? []), ...this.#discard]
    const put = [...(set.state?.put ?? []), ...this.#headers()]
    const remove = [...(set.state?.remove ?? []), ...this.#removed.map((part) => ({ owner: headersOwner(source), part, sequence: 0 }))]
    const clear = [...(set.state?.clear ?? []), ...this.#cleared]
    const control = [...(set.control ?? []), ...this.#control]
    this.#definitions = []
    this.#discard = []
    this.#removed = []
    this.#cleared = []
    this.#control = []
    const { progress } = set
    return {
      ...set,
      ...(streams.length === 0 ? {} : { streams }),
      ...(discard.length === 0 ? {} : { discard }),
      ...(show.length === 0 ? {} : { show }),
      ...(put.length + remove.length + clear.length === 0 ? {} : { state: { put, remove, clear } }),
      ...(control.length === 0 ? {} : { control }),
      ...(progress === undefined ? {} : { progress: { ...progress, state: { ...progress.state, streams: this.filled } } }),
    }
  }

  #headers(): StateSegment[] {
    const { source } = this.#options
    const segments = Array.from(this.#dirty, ({ header }) => headerSegment(source, header))
    this.#dirty.clear()
    if (this.#areRedirectsDirty) segments.push(segmentOf(headersOwner(source), REDIRECTS_PART, 0, this.#redirects))
    this.#areRedirectsDirty = false
    return segments
  }

  /** Positions of another server begin anew; those of the log do not. */
  #shifted(set: WriteSet): WriteSet {
    const { offset } = this.#options
    if (offset === 0) return set
    const appends = set.appends?.map((append) => ({ ...append, batch: shiftedBatch(append.batch, offset) }))
    const show = set.show?.map((shown) =>
      shown.origin === undefined ? shown : { ...shown, origin: { ...shown.origin, transaction: shown.origin.transaction + offset } },
    )
    return { ...set, ...(appends === undefined ? {} : { appends }), ...(show === undefined ? {} : { show }) }
  }
}
