/**
 * Decides, table by table, whether its changes flow. A table is **followed**, or **held** while its rows are
 * to be read anew, or **parked** until a person accepts it as it is. The other tables never notice.
 *
 * Laws of this file. A verdict is given before anything of a new shape is written (law 4). What a relation
 * message tells is judged where it stands in the stream; what the catalog tells is judged once the stream
 * has passed the moment at which it was seen. A table that is not followed keeps the last state that some
 * consistent database had: its stream stops there, and goes on in one cut, when its rows were read anew.
 */
import { assert, type Clock, MillraceError } from '@millrace/base'
import type { LogReader, Schema, StateSegment, StreamDefinition, WriteSet } from '@millrace/core'
import { compareSchemas, describeFindings, type SchemaFinding, type SchemaVerdict } from '@millrace/schema'
import type { FoundTables } from '../catalog/read-tables.ts'
import { readSignatures } from '../catalog/read-signatures.ts'
import { displayName, type Table } from '../catalog/table.ts'
import type { TableFinder } from '../catalog/table-finder.ts'
import { showsColumn, silentChange, stillLeft, type TableSignature } from '../catalog/table-signature.ts'
import { TypeDescriber } from '../catalog/describe-types.ts'
import type { CaptureRecord } from '../capture-record.ts'
import { type Mask } from '../columns/mask.ts'
import { masksOf } from '../columns/selection.ts'
import { checkReading } from '../check-source.ts'
import type { Connection } from '../connect.ts'
import type { Relation } from '../pgoutput/relation.ts'
import { carriedAs, readPublication, readPublished } from '../publication.ts'
import { followedSchema, inOrderOf, mergedSchema, relationShape } from './relation-shape.ts'
import { acceptancePlace } from '../../stopped/acceptance.ts'
import { memoryPlace, memorySegment, readMemories, type TableMemory } from './table-memory.ts'
import { type CatalogLook, lookAtCatalog } from './table-watch.ts'

/** Looks at the catalog are so far apart, or so many times as long as one takes, whichever is more. */
const LOOK_PAUSE_MS = 2000
const LOOK_SHARE = 20

/** The fills of tables, as the warden sees them. */
export interface Fills {
  /** Reads a table's rows, deletes included, while the stream goes on; begins again if it is under way. */
  refill(table: Table, why: string): void
  /** Ends a fill that is under way, without a word. */
  drop(stream: string): void
}

/** The stream, as the warden sees it. */
export interface Course {
  /** Acts in the stream's order, between transactions, once all that was committed before the position is decoded. */
  at(position: number, act: () => void | Promise<void>): void
  /** Binds the last relation of a stream again, for the server tells it only once. */
  rebind(stream: string): Promise<void>
  /** Commits at the next boundary, though nothing may be pending. */
  nudge(): void
}

export interface WardenOptions {
  readonly source: string
  readonly publication: string
  readonly control: Connection
  readonly finder: TableFinder
  readonly reader: LogReader
  readonly clock: Clock
  readonly record: CaptureRecord
}

export interface Begun {
  readonly follow: readonly Table[]
  readonly fill: readonly { readonly table: Table; readonly why: string }[]
  /** The streams whose rows were read and that are still wanted. */
  readonly streams: readonly string[]
}

/** The shape that a feed is to have. */
export interface BoundShape {
  readonly schema: Schema
  readonly verdict: SchemaVerdict['verdict']
  readonly findings: readonly SchemaFinding[]
  /** The log has been given this schema. */
  readonly isDefined: boolean
  readonly cells: readonly number[] | null
  readonly masks: readonly (Mask | null)[] | null
  readonly signature: TableSignature
}

interface Entry {
  memory: TableMemory
  /** The stream's schema; null where it never held a row. */
  schema: Schema | null
  /** As what its rows are to be read: asked of the fills, not shown yet. */
  asked: Table | null
  /** The same, once the fill has begun and the stream's changes belong to it. */
  filling: Table | null
  /** The relations that the stream has told of it. */
  readonly told: WeakSet<Relation>
}

export class TableWarden {
  readonly #options: WardenOptions
  readonly #describer: TypeDescriber
  readonly #entries = new Map<string, Entry>()
  readonly #dirty = new Set<string>()
  readonly #forgotten = new Set<string>()
  readonly #accepted = new Set<string>()
  /** Streams whose schema was widened by a look, before any row of it came. */
  readonly #redefined = new Set<string>()
  /** What the commit in flight says of each stream; what is decided meanwhile is for the next one. */
  #sent: readonly { readonly stream: string; readonly memory: TableMemory | null; readonly schema: Schema | null }[] = []
  #course: Course | null = null
  #fills: Fills | null = null
  #wake: () => void = () => undefined
  #lookDue = false

  constructor(options: WardenOptions) {
    this.#options = options
    this.#describer = new TypeDescriber(options.control.query)
  }

  /** Sorts the tables that were found at the start of a session. Raises where nothing is captured yet and one cannot be. */
  async begin({ tables, refused }: FoundTables, filled: readonly string[]): Promise<Begun> {
    const { reader, source, finder, publication, control } = this.#options
    const { memories } = readMemories(reader, source)
    const carried = (await readPublication(control.query, publication)) === null ? null : await readPublished(control.query, publication)
    if (filled.length === 0 && memories.size === 0 && refused[0] !== undefined) throw refused[0].error
    for (const [stream, memory] of memories) {
      if (finder.wants(memory))
        this.#entries.set(stream, { memory, schema: this.#schemaOf(stream, filled), asked: null, filling: null, told: new WeakSet() })
      else this.#forgotten.add(stream)
    }
    const follow: Table[] = []
    const fill: { table: Table; why: string }[] = []
    for (const table of tables) {
      const { stream } = table
      const entry = this.#entries.get(stream) ?? this.#enter(table, { refill: 'it joined' }, filled)
      if (entry.memory.signature === null && entry.memory.refill === null) this.#remember(stream, { signature: table.signature })
      if (entry.memory.parked !== null) continue
      if (entry.schema === null && entry.memory.refill === null) this.#remember(stream, { refill: 'it joined' })
      const { signature } = entry.memory
      if (signature !== null && signature.oid !== table.oid && this.#fits(entry, table))
        this.#remember(stream, { refill: 'it is another table of the same name' })
      if (entry.memory.refill === null) {
        // Published again without a word, it would have a hole that nobody sees.
        if (carried === null || carriedAs(table, carried) !== undefined) follow.push(table)
        else this.#park(stream, this.#unpublished, { heals: true })
      } else if (entry.memory.anyShape || this.#fits(entry, table)) {
        if (!(await this.#isReadable(table, filled.length === 0))) continue
        entry.asked = wanted(entry, table)
        fill.push({ table: entry.asked, why: entry.memory.refill })
      }
    }
    for (const { stream, name, error } of refused) this.#refuse(stream, name, error)
    this.#tell()
    const streams = filled.filter((stream) => this.#entries.has(stream))
    return { follow, fill, streams }
  }

  get #unpublished(): string {
    return `it is not in the publication ${this.#options.publication}`
  }

  async #isReadable(table: Table, isFirst: boolean): Promise<boolean> {
    try {
      await checkReading(this.#options.control, table)
      return true
    } catch (error) {
      if (isFirst || !(error instanceof MillraceError) || error.retry === 'backoff') throw error
      this.#park(table.stream, error.message, { heals: true })
      return false
    }
  }

  attach(course: Course, fills: Fills): void {
    this.#course = course
    this.#fills = fills
  }

  /** Looks until the signal aborts; rejects where the control connection fails. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const beganMs = clock.monotonicMs()
      await this.#look()
      const pauseMs = Math.max(LOOK_PAUSE_MS, (clock.monotonicMs() - beganMs) * LOOK_SHARE)
      const woken = new AbortController()
      this.#wake = () => woken.abort()
      if (this.#lookDue) woken.abort()
      await clock.sleep(pauseMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined)
    }
  }

  /**
   * The shape of a relation as the stream would take it; `untold` where its rows are of no account now, and
   * `uncommitted` where a transaction in progress has made it, which the catalog does not show and may never.
   */
  async shapeOf(
    stream: string,
    relation: Relation,
    { isInProgress }: { isInProgress: boolean },
  ): Promise<BoundShape | 'untold' | 'uncommitted'> {
    const entry = this.#entries.get(stream)
    if (entry === undefined || entry.memory.parked !== null) return 'untold'
    const { filling, memory } = entry
    const isRepeated = entry.told.has(relation)
    if (!isInProgress) entry.told.add(relation)
    const before = filling?.schema ?? (memory.refill === null ? entry.schema : null)
    const signature = filling?.signature ?? memory.signature
    if (before === null || signature === null) return 'untold'
    const selection = this.#options.finder.selection.of(relation)
    const shape = await relationShape(relation, selection, this.#describer)
    const schema = followedSchema(before, shape)
    const { verdict, findings } = compareSchemas(before, schema)
    const untold = shape.untold.filter((name) => !before.columns.some((column) => column.name === name))
    if (relation.oid !== signature.oid || (filling !== null && verdict !== 'same') || untold.length > 0) {
      if (isInProgress) return 'uncommitted'
      // Bound again, it tells the shape of before, whose rows no one needs.
      if (isRepeated) return 'untold'
      this.suspect(stream, untold.length > 0 ? 'a column was added whose type is not told' : 'it is another table of the same name')
      return 'untold'
    }
    if (isInProgress && (verdict !== 'same' || shape.untold.length > 0)) return 'uncommitted'
    const cells = schema.columns.map(({ name }) => shape.cells.get(name) ?? -1)
    const isWhole = cells.length === relation.columns.length && cells.every((cell, at) => cell === at)
    return {
      schema,
      verdict,
      findings,
      isDefined: verdict === 'same' && !this.#redefined.has(stream),
      cells: isWhole ? null : cells,
      masks: masksOf(schema, selection),
      signature,
    }
  }

  /** Takes the stream to a shape; false where it is parked, or held because rows may have changed in silence. */
  async follow(stream: string, { verdict, findings, schema, signature }: BoundShape): Promise<boolean> {
    const entry = this.#entries.get(stream)
    assert(entry !== undefined, 'a relation that is followed is of a known table')
    if (verdict === 'same') return true
    if (verdict === 'incompatible') {
      this.#park(stream, describeFindings(findings), { heals: false })
      return false
    }
    const now = (await readSignatures(this.#options.control.query, [signature.oid])).get(signature.oid)
    const names = schema.columns.map(({ name }) => name)
    const isShown = now !== undefined && names.every((name) => showsColumn(now, name))
    const why = isShown
      ? silentChange(signature, { ...now, masks: signature.masks, left: stillLeft(signature, now, names) })
      : 'it has yet another shape by now'
    if (why === null) {
      entry.schema = schema
      return true
    }
    this.suspect(stream, why)
    return false
  }

  /** Holds a table whose rows may not be what the stream told, and looks at once what became of it. */
  suspect(stream: string, why: string): void {
    const entry = this.#entries.get(stream)
    if (entry === undefined || entry.memory.parked !== null) return
    const { filling } = entry
    // Until the fill is dropped, at the next boundary, the stream's changes still belong to it.
    if (filling !== null) this.#course?.at(0, () => this.#abandon(stream, filling))
    entry.asked = null
    this.#remember(stream, { refill: entry.memory.refill ?? why })
    this.#lookDue = true
    this.#wake()
  }

  async #abandon(stream: string, filling: Table): Promise<void> {
    const entry = this.#entries.get(stream)
    if (entry === undefined || entry.filling !== filling) return
    this.#fills?.drop(stream)
    entry.filling = null
    await this.#course?.rebind(stream)
  }

  /** From here on a feed of the table's shape takes what the stream tells of it. */
  fillStarted(table: Table): void {
    const entry = this.#entries.get(table.stream)
    assert(entry !== undefined, 'a table that is filled is known')
    entry.filling = table
  }

  /** In the commit that shows its rows: from here on the table is followed. */
  filled({ stream, signature, schema }: Table): void {
    const entry = this.#entries.get(stream)
    assert(entry !== undefined, 'a table that is filled is known')
    entry.filling = null
    entry.asked = null
    entry.schema = schema
    this.#remember(stream, { signature, refill: null, anyShape: false, parked: null })
  }

  get isDue(): boolean {
    return this.#dirty.size > 0 || this.#forgotten.size > 0 || this.#redefined.size > 0
  }

  /** Adds what was decided to the commit of the position at which it was. */
  amend(set: WriteSet, boundary: unknown): WriteSet {
    if (boundary === null || !this.isDue) return set
    const { source } = this.#options
    this.#sent = [...this.#dirty, ...this.#forgotten, ...this.#redefined].map((stream) => {
      const entry = this.#entries.get(stream)
      return { stream, memory: entry?.memory ?? null, schema: entry?.schema ?? null }
    })
    const put: StateSegment[] = [...this.#dirty].flatMap((stream) => {
      const entry = this.#entries.get(stream)
      return entry === undefined ? [] : [memorySegment(source, stream, entry.memory)]
    })
    const settled = [...this.#dirty].filter((stream) => this.#accepted.has(stream) && this.#entries.get(stream)?.memory.parked === null)
    const remove = [
      ...[...this.#forgotten].map((stream) => memoryPlace(source, stream)),
      ...[...settled, ...this.#forgotten].map((stream) => acceptancePlace(source, stream)),
    ]
    const { state = {}, streams = [] } = set
    const redefined = [...this.#redefined]
      .filter((stream) => !streams.some(({ name }) => name === stream))
      .map((stream) => this.#definition(stream))
    return {
      ...set,
      streams: [...streams, ...redefined],
      state: { ...state, put: [...(state.put ?? []), ...put], remove: [...(state.remove ?? []), ...remove] },
    }
  }

  /** The commit that was amended is durable. */
  routed(): void {
    for (const { stream, memory, schema } of this.#sent) {
      const entry = this.#entries.get(stream)
      this.#forgotten.delete(stream)
      if (entry?.schema === schema) this.#redefined.delete(stream)
      if (entry?.memory !== memory) continue
      this.#dirty.delete(stream)
      if (memory?.parked === null) this.#accepted.delete(stream)
    }
    this.#sent = []
  }

  async #look(): Promise<void> {
    const { control, finder, publication, reader, source } = this.#options
    this.#lookDue = false
    for (const stream of readMemories(reader, source).accepted) this.#accepted.add(stream)
    const known = [...this.#entries].map(([stream, { memory, asked }]) => ({ stream, signature: asked?.signature ?? memory.signature }))
    const schemas = new Map([...this.#entries].map(([stream, { schema }]) => [stream, schema]))
    const look = await lookAtCatalog({ control, finder, publication, known, accepted: this.#accepted })
    this.#course?.at(look.position, () => this.#judge(look, schemas))
  }

  /**
   * `schemas`: those of the streams when the look began. Where a relation message has brought another shape
   * since, the look may be older than it, and would take a column that came for one that went.
   */
  async #judge(look: CatalogLook, schemas: ReadonlyMap<string, Schema | null>): Promise<void> {
    const present = new Map(look.tables.map((table) => [table.stream, table]))
    for (const table of look.tables) {
      const entry = this.#entries.get(table.stream) ?? this.#enter(table, { refill: 'it joined' }, [])
      if (schemas.has(table.stream) && schemas.get(table.stream) !== entry.schema) {
        this.#lookDue = true
        continue
      }
      if (this.#judgeTable(entry, table, look)) await this.#course?.rebind(table.stream)
    }
    for (const { stream, name, error } of look.refused) if (this.#refuse(stream, name, error)) await this.#course?.rebind(stream)
    for (const [stream, { memory }] of this.#entries) {
      if (present.has(stream) || memory.parked !== null) continue
      this.#park(stream, `it ${look.fates.get(stream) ?? 'is gone'}`, { heals: true })
      await this.#course?.rebind(stream)
    }
    this.#tell()
    if (this.#lookDue) this.#wake()
    if (this.isDue) this.#course?.nudge()
  }

  /** True where the table is not followed any more as it was. */
  #judgeTable(entry: Entry, table: Table, look: CatalogLook): boolean {
    const { stream } = table
    const { parked, anyShape } = entry.memory
    const isCarried = carriedAs(table, look.published) !== undefined
    const unreadable = look.unreadable.get(stream)
    if (parked !== null) {
      if (!isCarried || unreadable !== undefined) return false
      if (this.#accepted.has(stream)) return this.#refill(entry, { table, why: 'its new shape was accepted', anyShape: true })
      return parked.heals && this.#fits(entry, table) && this.#refill(entry, { table, why: 'it is back', anyShape: false })
    }
    if (unreadable !== undefined) return this.#park(stream, unreadable.message, { heals: true })
    if (!isCarried) return this.#park(stream, this.#unpublished, { heals: true })
    if (!anyShape && !this.#fits(entry, table)) return this.#park(stream, misfit(entry, table), { heals: false })
    const why = this.#refillReason(entry, table, look)
    if (why !== null) return this.#refill(entry, { table, why, anyShape })
    const { memory, asked } = entry
    if (asked === null) this.#widen(entry, table)
    if (asked === null && JSON.stringify(memory.signature) !== JSON.stringify(table.signature))
      this.#remember(stream, { signature: table.signature })
    return false
  }

  /** A column that came, and that no row tells of yet. */
  #widen(entry: Entry, { stream, schema }: Table): void {
    if (entry.schema === null) return
    const next = inOrderOf(entry.schema, mergedSchema(entry.schema, schema))
    if (compareSchemas(entry.schema, next).verdict === 'same') return
    entry.schema = next
    this.#redefined.add(stream)
  }

  #definition(stream: string): StreamDefinition {
    const { name, kind, partitions, schema } = this.#options.reader.stream(stream)
    return { name, kind, partitions, schema: this.#entries.get(stream)?.schema ?? schema }
  }

  #refillReason(entry: Entry, table: Table, look: CatalogLook): string | null {
    const { memory, asked } = entry
    if (look.filledParts.has(table.stream)) return 'a partition joined and brought rows along'
    if (asked === null) return memory.refill ?? (memory.signature === null ? null : silentChange(memory.signature, table.signature))
    const isOther = compareSchemas(asked.schema, wanted(entry, table).schema).verdict !== 'same'
    return isOther ? 'its shape changed again' : silentChange(asked.signature, table.signature)
  }

  #refill(entry: Entry, { table, why, anyShape }: { table: Table; why: string; anyShape: boolean }): true {
    this.#remember(table.stream, { refill: why, anyShape, parked: null })
    entry.filling = null
    entry.asked = wanted(entry, table)
    this.#fills?.refill(entry.asked, why)
    return true
  }

  #fits({ schema }: Entry, table: Table): boolean {
    return schema === null || compareSchemas(schema, mergedSchema(schema, table.schema)).verdict !== 'incompatible'
  }

  /** A table that is wanted and cannot be captured; its stream, if it has one, stops. */
  #refuse(stream: string, name: string, error: MillraceError): boolean {
    const [first = '', second] = name.split('.')
    const named =
      second === undefined ? { schemaName: 'public', tableName: first } : { schemaName: first, tableName: name.slice(first.length + 1) }
    if (!this.#entries.has(stream)) this.#enter({ stream, ...named }, { refill: 'it joined' }, [])
    return this.#entries.get(stream)?.memory.parked === null && this.#park(stream, error.message, { heals: true })
  }

  #park(stream: string, what: string, { heals }: { heals: boolean }): true {
    const entry = this.#entries.get(stream)
    assert(entry !== undefined, 'a table that is parked is known')
    if (entry.filling !== null) this.#fills?.drop(stream)
    entry.filling = null
    entry.asked = null
    const parked = { table: displayName(entry.memory), what, sinceMs: this.#options.clock.nowMs(), heals }
    this.#remember(stream, { refill: null, anyShape: false, parked })
    this.#tell()
    return true
  }

  #enter(table: Pick<Table, 'stream' | 'schemaName' | 'tableName'>, rest: Partial<TableMemory>, filled: readonly string[]): Entry {
    const { stream, schemaName, tableName } = table
    const schema = this.#schemaOf(stream, filled)
    const memory = { schemaName, tableName, signature: null, refill: null, anyShape: false, parked: null, ...(schema === null ? rest : {}) }
    const entry: Entry = { memory, schema, asked: null, filling: null, told: new WeakSet() }
    this.#entries.set(stream, entry)
    this.#dirty.add(stream)
    return entry
  }

  #schemaOf(stream: string, filled: readonly string[]): Schema | null {
    if (!filled.includes(stream)) return null
    return this.#options.reader.streams().find(({ name }) => name === stream)?.schema ?? null
  }

  #remember(stream: string, change: Partial<TableMemory>): void {
    const entry = this.#entries.get(stream)
    assert(entry !== undefined, 'what is remembered is of a known table')
    entry.memory = { ...entry.memory, ...change }
    this.#dirty.add(stream)
  }

  #tell(): void {
    const { record, source } = this.#options
    record.parked = [...this.#entries].flatMap(([stream, { memory }]) =>
      memory.parked === null ? [] : [{ ...memory.parked, source, stream, accepted: this.#accepted.has(stream) }],
    )
  }
}

/** Promises that old rows would break are not made anew, unless a person accepted the table as it is. */
function wanted({ schema, memory }: Entry, table: Table): Table {
  return schema === null || memory.anyShape ? table : { ...table, schema: mergedSchema(schema, table.schema) }
}

function misfit({ schema }: Entry, table: Table): string {
  assert(schema !== null, 'a stream that a table does not fit has a schema')
  return describeFindings(compareSchemas(schema, mergedSchema(schema, table.schema)).findings.filter(({ breaking }) => breaking))
}
