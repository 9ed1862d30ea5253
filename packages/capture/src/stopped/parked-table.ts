import { MillraceError } from '@millrace/base'

/** A table whose stream has stopped, while its neighbours flow on. */
export interface ParkedTable {
  readonly source: string
  readonly stream: string
  /** As a statement names it: `sales.orders`. */
  readonly table: string
  /** What happened to it, as a clause: `the column note was removed`. */
  readonly what: string
  readonly sinceMs: number
  /** Its acceptance was asked for, and has not been carried out yet. */
  readonly accepted: boolean
}

export function tableParked({ source, table, stream, what, sinceMs }: Omit<ParkedTable, 'accepted'>): MillraceError {
  const since = new Date(sinceMs).toISOString()
  return new MillraceError('CAPTURE_TABLE_PARKED', { details: { source, table, stream, what, since } })
}
