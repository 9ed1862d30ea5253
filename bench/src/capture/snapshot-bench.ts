/** The whole snapshot of a table, from the question to the durable log, beside a binary COPY of it to nowhere. */
import { cpuSecondsPerMillion, type Figures, perSecond, ratio, rounded, speedOf } from './figures.ts'
import { forget, orderOf, runLife, withGround } from './ground.ts'
import type { LifeResult } from './life.ts'
import { tell, turned } from './postgres-bench.ts'

const READERS = ['copy', 'snapshot'] as const

export interface SnapshotOptions {
  readonly rounds: number
  readonly rows: number
  readonly note: (line: string) => void
}

export async function snapshotBench({ rounds, rows, note }: SnapshotOptions): Promise<Figures> {
  const lives: Record<(typeof READERS)[number], LifeResult[]> = { copy: [], snapshot: [] }
  await withGround(rows, async (ground) => {
    // The first read of the table pays for its hint bits and its way into the cache.
    await runLife({ ...orderOf(ground, 'copy', 'first'), changes: rows })
    for (let round = 0; round < rounds; round += 1) {
      for (const reader of turned(READERS, round)) {
        const order = { ...orderOf(ground, reader, `r${round}_${reader}`), changes: rows }
        const life = await runLife(order)
        lives[reader].push(life)
        note(`round ${round + 1}/${rounds}  ${reader.padEnd(8)} ${tell(life)}`)
        await forget(ground, order)
      }
    }
  })
  return {
    copyPerSecond: perSecond(lives.copy),
    snapshotPerSecond: perSecond(lives.snapshot),
    snapshotOfCopy: ratio(lives.snapshot, lives.copy, speedOf),
    cpuSecondsPerMillionSnapshot: cpuSecondsPerMillion(lives.snapshot),
    megabytesPerSecondCopy: rounded((perSecond(lives.copy) * (lives.copy[0]?.bytes ?? 0)) / rows / 1e6),
    rows,
  }
}
