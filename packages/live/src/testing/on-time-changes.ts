/**
 * A third reading of what a watermark says (see core): which changes of a commit are late. The live engine and the
 * batch engine each have their own.
 */
import { DATE_INFINITY, type StreamDefinition, TIMESTAMP_INFINITY, type Value, type Watermark } from '@millrace/core'
import type { RowChange } from './shop-log.ts'

export interface WatermarkedTable extends StreamDefinition {
  readonly watermark?: Watermark
}

interface Mark {
  readonly at: number
  readonly lateness: bigint
  readonly isKeyed: boolean
  newest: bigint | null
}

const ENDLESS: ReadonlySet<bigint> = new Set([BigInt(DATE_INFINITY), TIMESTAMP_INFINITY])

export class OnTimeChanges {
  readonly #marks = new Map<string, Mark>()

  constructor(tables: readonly WatermarkedTable[]) {
    for (const { name, schema, watermark } of tables) {
      if (watermark === undefined) continue
      const at = schema.columns.findIndex((column) => column.name === watermark.column)
      const perSecond = schema.columns[at]?.type.kind === 'date' ? 1 / 86_400 : 1_000_000
      this.#marks.set(name, {
        at,
        lateness: BigInt(Math.round(watermark.latenessSeconds * perSecond)),
        isKeyed: schema.key.length > 0,
        newest: null,
      })
    }
  }

  /** Those of one commit that are not late, in their order. */
  of(changes: readonly RowChange[]): readonly RowChange[] {
    for (const { stream, operation } of changes) {
      const mark = this.#marks.get(stream)
      if (operation === 'truncate' && mark !== undefined) mark.newest = null
    }
    const taken = changes.flatMap((change) => this.#taken(change))
    for (const { stream, row } of changes) {
      const mark = this.#marks.get(stream)
      const time = mark === undefined ? null : timeOf(row[mark.at])
      if (mark === undefined || time === null || ENDLESS.has(time < 0n ? -time : time)) continue
      if (mark.newest === null || time > mark.newest) mark.newest = time
    }
    return taken
  }

  #taken(change: RowChange): readonly RowChange[] {
    const mark = this.#marks.get(change.stream)
    if (mark === undefined || mark.newest === null) return [change]
    const bound = mark.newest - mark.lateness
    const isBehind = (row: RowChange['before']): boolean => {
      const time = timeOf(row?.[mark.at])
      return time !== null && time < bound
    }
    const { stream, row, before } = change
    const [comesLate, goesLate] = [isBehind(row), isBehind(before)]
    if (!comesLate && !goesLate) return [change]
    if (mark.isKeyed || change.operation !== 'update' || before === undefined || comesLate === goesLate) return []
    return [comesLate ? { stream, operation: 'delete', row: before } : { stream, operation: 'insert', row }]
  }
}

function timeOf(value: Value | undefined): bigint | null {
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : null
}
