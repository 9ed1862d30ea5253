/** Whether a backfill can be made, asked before anything is changed. */
import { describeError, MillraceError } from '@millrace/base'
import { quoteIdentifier, quotedName, type Table } from '../catalog/table.ts'
import type { Connection } from '../connect.ts'
import { columnList, isSeekable } from './chunk-plan.ts'
import type { Fills } from './fills.ts'

export interface BackfillRequest {
  readonly stream: string
  /** In the words of the table's own SQL; null for all rows. */
  readonly where: string | null
}

export interface BackfillCheck extends BackfillRequest {
  readonly source: string
  readonly table: Table | undefined
  readonly control: Connection
  readonly fills: Fills
}

export async function checkBackfill({ source, stream, where, table, control, fills }: BackfillCheck): Promise<void> {
  const refuse = (what: string): never => {
    throw new MillraceError('BACKFILL_REFUSED', { details: { source, stream, what } })
  }
  if (table === undefined || !fills.filled.includes(stream)) return refuse('its table is not captured')
  const running = fills.of(stream)
  if (running !== undefined) return refuse(`its rows are being read already (${running.header.why})`)
  if (where === null) return
  if (!isSeekable(table))
    return refuse('its rows have no key, or a masked one, so only all of them can be read anew: leave out the condition')
  try {
    const from = `${quotedName(table)} AS ${quoteIdentifier(table.tableName)}`
    // With parameters, the server takes one statement only.
    await control.query(`SELECT ${columnList(table)} FROM ${from} WHERE (${where}\n) LIMIT 0`, [])
  } catch (error) {
    if (error instanceof MillraceError && (error.code === 'CAPTURE_CONNECTION_LOST' || error.code === 'SOURCE_UNREACHABLE')) throw error
    throw new MillraceError('BACKFILL_CONDITION', {
      cause: error,
      details: { source, stream, what: describeError(error instanceof MillraceError ? error.cause : error) },
    })
  }
}
