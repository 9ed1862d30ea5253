/** A graph whose every row tells the generation of the seed that it was made of, so that a mixture shows. */
import { pick, type Random } from '@millrace/base'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The earlier models that a model joins; null for the first, which reads the seed. */
export type ModelParts = readonly [one: number, other: number] | null

const SEED_ROWS = 200
/** Days of the rows: those by interval are computed once for each. */
const DAYS = 3
/** Work enough that a kill meets models in the middle. */
const WORK = '(select sum(hash(w.range + s.id) % 7) from range(4000) w)'

/** How a model is kept; each kind stands beside the others, and reads them. */
export type Kept = 'table' | 'view' | 'by key' | 'by interval' | 'history'

export function keptAs(at: number): Kept {
  return at === 0 ? 'table' : (PLACES[at % 9] ?? 'table')
}

const PLACES: Readonly<Record<number, Kept>> = { 1: 'history', 3: 'by key', 4: 'view', 5: 'by interval', 7: 'history', 8: 'by interval' }

const HEADERS: Readonly<Record<Kept, string>> = {
  table: '',
  view: '-- @materialize view\n',
  'by key': '-- @materialize incremental\n-- @key id\n',
  'by interval': '-- @materialize incremental\n-- @interval day day\n',
  history: '-- @materialize snapshot\n-- @key id\n',
}

/** What a model shows now: of a history, what is still so. */
export function rowsNow(at: number): string {
  return keptAs(at) === 'history' ? `(select * exclude (valid_from, valid_to) from m${at} where valid_to is null)` : `m${at}`
}

export function makeModels(count: number, random: Random): ModelParts[] {
  return Array.from({ length: count }, (_, at) => {
    const earlier = Array.from({ length: at }, (_nothing, index) => index)
    return at === 0 ? null : ([pick(random, earlier), pick(random, earlier)] as const)
  })
}

export function writeProject(folder: string, models: readonly ModelParts[]): void {
  for (const part of ['models', 'seeds']) mkdirSync(join(folder, part), { recursive: true })
  const config = "export default { name: 'rerun', graph: { folders: { '.': { materialize: 'table' } } } }\n"
  writeFileSync(join(folder, 'millrace.config.ts'), config)
  for (const [at, parts] of models.entries()) writeFileSync(join(folder, `models/m${at}.sql`), sqlOf(at, parts))
}

export function writeSeed(folder: string, generation: number): void {
  const rows = Array.from({ length: SEED_ROWS }, (_, id) => `${id},${generation},${seedValue(id, generation)}`)
  writeFileSync(join(folder, 'seeds/source.csv'), `id,generation,value\n${rows.join('\n')}\n`)
}

/** What each model must be, computed without any engine: the value of each id. */
export function expectedRows(models: readonly ModelParts[], generation: number): ReadonlyMap<number, number>[] {
  const results: Map<number, number>[] = []
  for (const [at, parts] of models.entries()) {
    const ids = Array.from({ length: SEED_ROWS }, (_, id) => id)
    const result = new Map<number, number>()
    for (const id of ids) {
      if (parts === null) result.set(id, seedValue(id, generation))
      else {
        const [one, other] = [results[parts[0]]?.get(id), results[parts[1]]?.get(id)]
        if (one !== undefined && other !== undefined && id % 100 !== at % 100) result.set(id, (one + other) % 1000)
      }
    }
    results.push(result)
  }
  return results
}

function seedValue(id: number, generation: number): number {
  return (id * 7 + generation) % 101
}

function sqlOf(at: number, parts: ModelParts): string {
  if (parts === null)
    return `select s.id, date '2026-01-01' + (s.id % ${DAYS})::integer as day, s.generation, s.value + 0 * ${WORK} as value from source s\n`
  const [one, other] = parts
  return `${HEADERS[keptAs(at)]}select s.id, s.day, s.generation, (s.value + o.value + 0 * ${WORK}) % 1000 as value
from ${rowsNow(one)} s join ${rowsNow(other)} o using (id, day) where s.id % 100 <> ${at % 100}\n`
}
