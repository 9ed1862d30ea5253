/** A graph whose every row tells the generation of the seed that it was made of, so that a mixture shows. */
import { pick, type Random } from '@millrace/base'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The earlier models that a model joins; null for the first, which reads the seed. */
export type ModelParts = readonly [one: number, other: number] | null

const SEED_ROWS = 200
/** Work enough that a kill meets models in the middle. */
const WORK = '(select sum(hash(w.range + s.id) % 7) from range(4000) w)'

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
  if (parts === null) return `select s.id, s.generation, s.value + 0 * ${WORK} as value from source s`
  const view = at % 9 === 4 ? '-- @materialize view\n' : ''
  return `${view}select s.id, s.generation, (s.value + o.value + 0 * ${WORK}) % 1000 as value
from m${parts[0]} s join m${parts[1]} o using (id) where s.id % 100 <> ${at % 100}\n`
}
