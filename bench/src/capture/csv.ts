/**
 * CSV to typed columns, beside DuckDB's own reader on the same file: with as many threads as it likes, with
 * one as we have, and keeping what it read in a table. Sides take turns, each reading in a process of its own.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NODE_FLAGS } from 'millrace/node-flags'
import { runChild } from '../run-child.ts'
import { median } from '../spine/median.ts'
import { writeCsvFile } from './csv-file.ts'
import type { CsvRead, CsvReading } from './csv-process.ts'

export interface CsvBenchOptions {
  readonly rounds: number
  readonly rows: number
  readonly note: (line: string) => void
}

const FILE = fileURLToPath(new URL('./csv-process.ts', import.meta.url))
const MEGABYTE = 1_000_000
/** Memory must not grow with the file: it is looked at again with so many times the rows. */
const LARGER = 10
const WARM_ROWS = 100_000
/** Else the garbage collector lets a heap grow as long as there is memory, and nothing could be seen. */
const SMALL_HEAP = ['--max-old-space-size=32']

export async function csvBench({ rounds, rows, note }: CsvBenchOptions): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-csv-bench-'))
  try {
    const path = join(folder, 'file.csv')
    await writeCsvFile(path, rows)
    const warm = join(folder, 'warm.csv')
    await writeCsvFile(warm, WARM_ROWS)
    const bytes = (await stat(path)).size
    note(`${rows} rows of 9 columns, ${(bytes / MEGABYTE).toFixed(0)} MB`)
    const sides = { ours: [] as CsvRead[], duckdb: [] as CsvRead[], one: [] as CsvRead[], table: [] as CsvRead[] }
    for (let round = 1; round <= rounds; round += 1) {
      sides.ours.push(await read({ reader: 'millrace', path, warm }, rows))
      sides.duckdb.push(await read({ reader: 'duckdb', path, warm, threads: null, table: false }, rows))
      sides.one.push(await read({ reader: 'duckdb', path, warm, threads: 1, table: false }, rows))
      sides.table.push(await read({ reader: 'duckdb', path, warm, threads: null, table: true }, rows))
      note(
        `round ${round}: ${Object.entries(sides)
          .map(([side, reads]) => `${side} ${((reads.at(-1)?.seconds ?? 0) * 1000).toFixed(0)} ms`)
          .join(', ')}`,
      )
    }
    const small = await read({ reader: 'millrace', endless: { rows } }, rows, SMALL_HEAP)
    const large = await read({ reader: 'millrace', endless: { rows: rows * LARGER } }, rows * LARGER, SMALL_HEAP)
    return {
      csvRowsPerSecond: Math.round(median(sides.ours.map(({ seconds }) => rows / seconds))),
      csvMegabytesPerSecond: rounded(median(sides.ours.map(({ seconds }) => bytes / MEGABYTE / seconds))),
      csvCpuSecondsPerMillion: rounded(median(sides.ours.map(({ cpuSeconds }) => (cpuSeconds * 1e6) / rows))),
      duckdbMegabytesPerSecond: rounded(median(sides.duckdb.map(({ seconds }) => bytes / MEGABYTE / seconds))),
      csvOfDuckdb: ratio(sides.ours, sides.duckdb),
      csvOfDuckdbOneThread: ratio(sides.ours, sides.one),
      csvOfDuckdbTable: ratio(sides.ours, sides.table),
      csvPeakMegabytes: rounded(small.peakBytes / MEGABYTE),
      csvPeakMegabytesTenTimes: rounded(large.peakBytes / MEGABYTE),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function read(order: CsvReading, rows: number, flags: readonly string[] = NODE_FLAGS): Promise<CsvRead> {
  const done = await runChild<CsvRead>({ file: FILE, flags, order })
  if (done.rows !== rows) throw new Error(`${order.reader} read ${done.rows} rows of ${rows}`)
  return done
}

/** The median of the rounds' own ratios: what slowed one round down struck both sides of it. */
function ratio(over: readonly CsvRead[], under: readonly CsvRead[]): number {
  return rounded(median(over.map(({ seconds }, round) => (under[round]?.seconds ?? Number.NaN) / seconds)))
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
