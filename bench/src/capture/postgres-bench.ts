/**
 * The stream of one slot, as far as each of four readers takes it: the raw socket, our decoded batches, our
 * durable log, and the usual pipeline's objects. All read the same changes; the order turns by the round.
 */
import { cpuCostOf, cpuSecondsPerMillion, type Figures, perSecond, ratio, rounded, speedOf } from './figures.ts'
import { forget, type Ground, orderOf, runLife, withGround } from './ground.ts'
import type { LifeOrder, LifeResult } from './life.ts'
import { median } from '../spine/median.ts'
import { makeChanges, TABLE } from './workload.ts'

const READERS = ['ceiling', 'decoded', 'logged', 'peer'] as const
type Reader = (typeof READERS)[number]
const TABLE_ROWS = 100_000
/** Of the changes: a process that follows a stream runs for weeks, so no reader is charged for its compiler's first seconds. */
const WARM_UP_SHARE = 0.2

export interface StreamOptions {
  readonly rounds: number
  readonly changes: number
  readonly note: (line: string) => void
}

export async function postgresBench(options: StreamOptions): Promise<Figures> {
  const lives: Record<Reader, LifeResult[]> = { ceiling: [], decoded: [], logged: [], peer: [] }
  await withGround(TABLE_ROWS, async (ground) => {
    for (let round = 0; round < options.rounds; round += 1) {
      const orders = new Map<Reader, LifeOrder>()
      for (const reader of READERS) orders.set(reader, await prepare(ground, reader, `r${round}_${reader}`))
      const { made, position } = await makeChanges(ground.postgres, options.changes)
      for (const reader of turned(READERS, round)) {
        const order = orders.get(reader)
        if (order === undefined) continue
        const life = await runLife({ ...order, changes: made, warmUp: Math.round(made * WARM_UP_SHARE), untilPosition: position })
        lives[reader].push(life)
        options.note(`round ${round + 1}/${options.rounds}  ${reader.padEnd(8)} ${tell(life)}`)
        await forget(ground, order)
      }
    }
  })
  return figuresOf(lives)
}

/** A slot that waits from here on; for our own readers with a store that knows it. */
export async function prepare(ground: Ground, reader: LifeOrder['mode'], name: string): Promise<LifeOrder> {
  const order = orderOf(ground, reader, name)
  if (reader === 'decoded' || reader === 'logged') {
    const [row] = await ground.postgres.query<{ rows: string }>(`select count(*) as rows from ${TABLE}`)
    await runLife({ ...order, mode: 'prepare', changes: Number(row?.rows) })
  } else {
    await ground.postgres.query(`create publication ${order.publication} for table ${TABLE}`)
    await ground.postgres.query(`select pg_create_logical_replication_slot('${order.slot}', 'pgoutput')`)
  }
  return order
}

export function tell({ changes, seconds, cpuSeconds }: LifeResult): string {
  const cost = rounded((cpuSeconds * 1e6) / changes)
  return `${Math.round(changes / seconds).toLocaleString('en')} changes/s, ${cost} CPU s per million`
}

export function turned<Item>(items: readonly Item[], by: number): Item[] {
  return items.map((_, at) => items[(at + by) % items.length] as Item)
}

function figuresOf({ ceiling, decoded, logged, peer }: Record<Reader, LifeResult[]>): Figures {
  return {
    ceilingPerSecond: perSecond(ceiling),
    decodedPerSecond: perSecond(decoded),
    loggedPerSecond: perSecond(logged),
    peerPerSecond: perSecond(peer),
    decodedOfCeiling: ratio(decoded, ceiling, speedOf),
    loggedOfCeiling: ratio(logged, ceiling, speedOf),
    cpuSecondsPerMillionCeiling: cpuSecondsPerMillion(ceiling),
    cpuSecondsPerMillionDecoded: cpuSecondsPerMillion(decoded),
    cpuSecondsPerMillionLogged: cpuSecondsPerMillion(logged),
    cpuSecondsPerMillionPeer: cpuSecondsPerMillion(peer),
    decodedCpuOfPeer: ratio(decoded, peer, cpuCostOf),
    bytesPerChange: Math.round(median(ceiling.map(({ bytes, changes }) => bytes / changes))),
    changes: Math.round(median(ceiling.map(({ changes }) => changes))),
  }
}
