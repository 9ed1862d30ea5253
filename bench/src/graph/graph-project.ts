import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShapedModel } from './shapes.ts'

const AMOUNTS = 99_991

/**
 * The types of the seed's columns are those that a look at its text gives. Its amounts are whole, so that no sum depends on the order of
 * rows, and have many values: a column of few is computed once for each value where it lies in a dictionary, as it does in Parquet.
 */
export function writeProject(folder: string, models: readonly ShapedModel[], rows: number): void {
  mkdirSync(join(folder, 'seeds'), { recursive: true })
  const config = "export default { name: 'graph', graph: { folders: { '.': { materialize: 'table' } } } }\n"
  writeFileSync(join(folder, 'millrace.config.ts'), config)
  const lines = Array.from(
    { length: rows },
    (_, id) => `${id},g${id % 7},${(id * 7919) % AMOUNTS},2024-01-${String(1 + (id % 28)).padStart(2, '0')}`,
  )
  writeFileSync(join(folder, 'seeds/source.csv'), `id,grp,amount,day\n${lines.join('\n')}\n`)
  for (const [at, model] of models.entries()) {
    const part = join(folder, `models/part_${Math.floor(at / 100)}`)
    if (at % 100 === 0) mkdirSync(part, { recursive: true })
    writeModel(folder, at, model)
  }
}

export function writeModel(folder: string, at: number, { name, sql }: Pick<ShapedModel, 'name' | 'sql'>): void {
  writeFileSync(join(folder, `models/part_${Math.floor(at / 100)}`, `${name}.sql`), `${sql}\n`)
}
