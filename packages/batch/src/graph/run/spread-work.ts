/** Pieces of one step's work, done by as many connections as have nothing better to do. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { classOfFailure } from './run-failure.ts'

export interface SpareConnections {
  /** Another connection, as long as no step waits for one. */
  borrow(): DuckDBConnection | undefined
  giveBack(connection: DuckDBConnection): void
}

export interface Work<Piece> {
  readonly pieces: Iterable<Piece>
  readonly connection: DuckDBConnection
  readonly spare: SpareConnections
  readonly signal: AbortSignal
  readonly work: (piece: Piece, connection: DuckDBConnection) => Promise<void>
}

/** A piece that runs out of memory beside others is done alone, at the end. Raises what a piece raises. */
export async function spreadWork<Piece>({ pieces, connection, spare, signal, work }: Work<Piece>): Promise<void> {
  const waiting = [...pieces].toReversed()
  const alone: Piece[] = []
  const beside: Promise<void>[] = []
  const failures: unknown[] = []
  const workOn = async (own: DuckDBConnection, isSpare: boolean): Promise<void> => {
    while (failures.length === 0 && !signal.aborted) {
      const piece = waiting.pop()
      if (piece === undefined) return
      for (let other = waiting.length > 0 ? spare.borrow() : undefined; other !== undefined; other = spare.borrow())
        beside.push(workBeside(other))
      try {
        await work(piece, own)
      } catch (error) {
        if (classOfFailure(error) === 'memory' && (isSpare || beside.length > 0)) alone.push(piece)
        else failures.push(error)
      }
    }
  }
  const workBeside = async (other: DuckDBConnection): Promise<void> => {
    await workOn(other, true)
    spare.giveBack(other)
  }
  await workOn(connection, false)
  // Who works beside may itself have borrowed more.
  for (let at = 0; at < beside.length; at += 1) await beside[at]
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
  for (const piece of alone) await work(piece, connection)
}
