/**
 * A snapshot whose place in the source's log is exact: the one that a new slot exports. It is made from the
 * log itself, so a transaction that has committed there but is not visible yet (because it waits for a
 * standby, or is about to be made visible) is in it all the same, and one that has not is not.
 */
import type { Connection, SourceTarget } from '../connect.ts'
import { connect } from '../connect.ts'
import { makeSlot } from '../slot.ts'

export interface ExactSnapshot {
  readonly name: string
  readonly position: number
  /** The snapshot can be taken over until then; transactions that have, keep it. */
  close(): void
}

const NAME_LENGTH_MAX = 63

/** The slot goes with its connection, whatever happens here. It waits for transactions of others, unless the signal aborts. */
export async function makeSnapshot(
  target: SourceTarget,
  slot: string,
  { control, signal = null }: { control: Connection['query']; signal?: AbortSignal | null },
): Promise<ExactSnapshot> {
  const replication = await connect(target, 'replication')
  const leave = (): void => replication.close()
  signal?.addEventListener('abort', leave, { once: true })
  if (signal?.aborted === true) leave()
  try {
    const name = `${slot.slice(0, NAME_LENGTH_MAX - 14)}_fill_${Math.trunc(performance.now()) % 100_000_000}`
    const made = await makeSlot(replication, control, { source: target.name, slot: name, isTemporary: true, isFailover: false })
    return { name: made.snapshot, position: made.position, close: () => replication.close() }
  } catch (error) {
    replication.close()
    throw error
  } finally {
    signal?.removeEventListener('abort', leave)
  }
}

/** A snapshot that tells when nobody needs its connection any more. */
export function takeover(snapshot: ExactSnapshot): { snapshot: ExactSnapshot; released: Promise<void> } {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  return { snapshot: { ...snapshot, close: () => release() }, released }
}
