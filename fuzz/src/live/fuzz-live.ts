import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { caseToJson, type Difference, Judge, type LiveCase, printCase, randomCase, shrinkCase, SqlShrinker } from '@millrace/live/testing'
import { WorkerPool } from '@millrace/live'
import { fastFolder } from './fast-folder.ts'
import { Tally } from './tally.ts'

const CORPUS = fileURLToPath(new URL('../../../testing/corpus/live/', import.meta.url))
const NOTE_EVERY = 100
/** Cases of one seed stand this far apart from those of the next. */
const SEED_STRIDE = 1_000_003

export interface LiveFuzzOptions {
  readonly numbers: readonly number[]
  readonly seed: number
  /** Threads over which the models are spread; 1: in the runner's own. */
  readonly workers?: number
  readonly lanes: number
  readonly tries: number
  /** Cases after the first that fails are left out. */
  readonly stopsAtFirst?: boolean
  readonly note: (line: string) => void
}

export interface LiveFuzzOutcome {
  readonly cases: number
  readonly mismatches: number
  readonly queries: number
  readonly refused: number
  readonly refusedShare: number
  /** Per reason, how many queries were refused for it. */
  readonly reasons: Readonly<Record<string, number>>
  /** Queries that DuckDB itself does not answer, per kind of error. */
  readonly unanswered: Readonly<Record<string, number>>
  readonly found: readonly { readonly number: number; readonly file: string; readonly sql: string }[]
  readonly seconds: number
}

export async function fuzzLive(options: LiveFuzzOptions): Promise<LiveFuzzOutcome> {
  const { numbers, seed, workers = 1, lanes, tries, stopsAtFirst = false, note } = options
  process.env['TMPDIR'] = fastFolder()
  const tally = new Tally()
  const startMs = performance.now()
  const seconds = (): number => Math.round((performance.now() - startMs) / 100) / 10
  const waiting = numbers.values()
  const found: { number: number; file: string; sql: string }[] = []
  const pool = workers === 1 ? null : await WorkerPool.start(workers)
  const lane = async (): Promise<void> => {
    const judge = new Judge(pool)
    try {
      for (const number of waiting) {
        if (stopsAtFirst && tally.mismatches > 0) break
        const given = randomCase(seedOf(seed, number))
        const verdict = await judge.judge(given)
        tally.add(verdict)
        if (verdict.difference !== null) {
          note(`case ${number} fails; it is being made small\n${describe(verdict.difference)}`)
          const small = await shrink(judge, given, { ...verdict.difference, triesMax: tries })
          const file = keep(small, { seed, number })
          found.push({ number, file, sql: small.queries.map(({ sql }) => sql).join('; ') })
          note(`kept in ${file}: ${found.at(-1)?.sql}`)
        }
        if (tally.cases % NOTE_EVERY === 0) note(`${tally.line(numbers.length)}, ${seconds()} s`)
      }
    } finally {
      judge.close()
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, numbers.length) }, lane))
  await pool?.close()
  return { ...tally.outcome(), found: found.sort((one, other) => one.number - other.number), seconds: seconds() }
}

function seedOf(seed: number, number: number): number {
  return (seed * SEED_STRIDE + number) % 2 ** 32
}

/** What fails in another way is another fault: wrong rows stay wrong rows. */
async function shrink(judge: Judge, given: LiveCase, { problem, triesMax }: Difference & { triesMax: number }): Promise<LiveCase> {
  const sql = await SqlShrinker.open()
  const fails = async (candidate: LiveCase): Promise<boolean> => {
    const { difference } = await judge.judge(candidate)
    return difference !== null && (difference.problem === undefined) === (problem === undefined)
  }
  try {
    return await shrinkCase(given, { fails, sql, triesMax })
  } finally {
    await sql.close()
  }
}

function keep(small: LiveCase, { seed, number }: { seed: number; number: number }): string {
  const name = `seed-${seed}-case-${number}.json`
  mkdirSync(CORPUS, { recursive: true })
  writeFileSync(join(CORPUS, name), printCase(caseToJson(small, `Found by npm run fuzz -- live --seed ${seed} --only ${number}.`)))
  return `testing/corpus/live/${name}`
}

function describe({ sql, step, onlyLive, onlyDuckdb, problem }: Difference): string {
  const lines = (rows: readonly string[]): string => rows.slice(0, 5).join('\n    ') || 'nothing'
  const rows = problem ?? `only live:\n    ${lines(onlyLive)}\n  only DuckDB:\n    ${lines(onlyDuckdb)}`
  return `  ${sql}\n  step ${step}: ${rows}`
}
