import type { SkewReport } from '@millrace/batch'
import { type Postgres, startPostgres } from '@millrace/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../spine/median.ts'
import { PLANTED, type PlantedKey, plantTable } from './planted-table.ts'
import { callCli } from '../graph/cli-process.ts'
import { capture, writeProject } from './project.ts'

/** The keys that the table is really laid by: each planted column, two of them together, and the declared key. */
const LAID = ['customer_id', 'tenant', 'coupon', 'day', 'tenant,day', 'id'] as const
/** A planted value counts as found where its share is told as it was planted, within this. */
const SHARE_ERROR = 0.05
const SCANS = 5

export interface SkewOptions {
  readonly rows: number
  readonly shards: number
  readonly seed: number
  readonly note: (line: string) => void
}

type Report = SkewReport & { readonly keys: readonly (SkewReport['keys'][number] & { readonly statements: readonly string[] })[] }

export interface LaidKey {
  readonly key: string
  readonly salted: boolean
  /** The fullest shard over an even share. */
  readonly predicted: number
  readonly measured: number
  /** The most that any shard's rows are off what was foretold, of an even share. */
  readonly error: number
  /** To group the rows of the fullest partition in Postgres, the median of some. */
  readonly fullestMs: number
}

export interface SkewOutcome {
  readonly rows: number
  readonly shards: number
  readonly planted: number
  readonly found: number
  readonly missed: readonly PlantedKey[]
  /** The seconds of one `millrace skew` over the whole table. */
  readonly seconds: number
  readonly errorMax: number
  readonly laid: readonly LaidKey[]
  /** By the customer, as the models ask for, and by what was ranked first for it. */
  readonly slowest: { readonly before: number; readonly after: number }
}

export async function skewBench({ rows, shards, seed, note }: SkewOptions): Promise<SkewOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-skew-'))
  const postgres = await startPostgres()
  try {
    await plantTable(postgres, { rows, seed })
    writeProject(folder, postgres.url)
    await capture(folder, rows)
    note(`${rows} rows captured`)
    const skew = async (...words: readonly string[]): Promise<{ report: Report; seconds: number }> => {
      const { lines, seconds } = await callCli(folder, 'skew', 'shop.orders', '--shards', String(shards), ...words)
      return { report: lines[0] as unknown as Report, seconds }
    }
    const { report: whole, seconds } = await skew()
    const missed = PLANTED.filter((planted) => !isFound(planted, whole))
    const laid: LaidKey[] = []
    for (const key of LAID) {
      const { report } = await skew('--key', key)
      for (const told of report.keys) {
        laid.push(await layBy(postgres, { name: key, told, shards }))
        note(lineOf(laid.at(-1) as LaidKey))
      }
    }
    const ofCustomer = laid.filter(({ key }) => key === 'customer_id')
    return {
      rows,
      shards,
      planted: PLANTED.length,
      found: PLANTED.length - missed.length,
      missed,
      seconds,
      errorMax: Math.max(...laid.map(({ error }) => error)),
      laid,
      slowest: {
        before: ofCustomer.find(({ salted }) => !salted)?.measured ?? Number.NaN,
        after: ofCustomer.find(({ salted }) => salted)?.measured ?? Number.NaN,
      },
    }
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function isFound({ column, value, share }: PlantedKey, report: Report): boolean {
  const key = report.keys.find(({ columns, salt }) => columns.join() === column && salt === null)
  const told = key?.hottest.find((hot) => hot.key[0] === value)
  return told !== undefined && Math.abs(told.share / share - 1) < SHARE_ERROR
}

interface Laying {
  readonly name: string
  readonly told: Report['keys'][number]
  readonly shards: number
}

/** Runs the statements as they were printed, counts what lies where, and takes them back. */
async function layBy(postgres: Postgres, { name, told, shards }: Laying): Promise<LaidKey> {
  await postgres.query(told.statements.join('\n'))
  const parts = await postgres.query<{ part: string; rows: number }>(
    `select c.relname as part, (select count(*)::int from orders o where o.tableoid = c.oid) as rows
     from pg_class c join pg_inherits i on i.inhrelid = c.oid where i.inhparent = 'orders'::regclass order by substring(c.relname from '[0-9]+$')::int`,
  )
  const loads = parts.map((part) => part.rows)
  const even = loads.reduce((sum, load) => sum + load, 0) / shards
  const fullest = parts.reduce((most, part) => (part.rows > most.rows ? part : most))
  const times: number[] = []
  for (let scan = 0; scan < SCANS; scan += 1) {
    const startedMs = performance.now()
    await postgres.query(`select customer_id, count(*), sum(amount) from "${fullest.part}" group by 1 order by 2 desc limit 1`)
    times.push(performance.now() - startedMs)
  }
  await postgres.query('begin; drop table orders; alter table orders_before rename to orders; commit')
  return {
    key: name,
    salted: told.salt !== null,
    predicted: told.slowest,
    measured: fullest.rows / even,
    error: Math.max(...loads.map((load, at) => Math.abs(load - (told.loads[at] ?? 0)))) / even,
    fullestMs: median(times),
  }
}

function lineOf({ key, salted, predicted, measured, error, fullestMs }: LaidKey): string {
  const name = `${key}${salted ? ' + salt' : ''}`
  return `${name.padEnd(20)} fullest ${predicted.toFixed(2)} × foretold, ${measured.toFixed(2)} × measured, off by ${(error * 100).toFixed(2)} % at most, ${fullestMs.toFixed(0)} ms`
}

export function skewText({ rows, shards, planted, found, missed, seconds, errorMax, slowest }: SkewOutcome): string {
  return [
    `${found} of ${planted} planted values found in ${rows.toLocaleString('en-US')} rows, ${seconds.toFixed(1)} s${missed.length === 0 ? '' : `; missed ${JSON.stringify(missed)}`}`,
    `over ${shards} shards: rows off what was foretold by ${(errorMax * 100).toFixed(2)} % of an even share at most`,
    `slowest shard by customer_id: ${slowest.before.toFixed(2)} × an even share before, ${slowest.after.toFixed(2)} × after`,
  ].join('\n')
}
