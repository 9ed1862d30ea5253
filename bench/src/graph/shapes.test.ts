import { DuckDBInstance } from '@duckdb/node-api'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeProject } from './graph-project.ts'
import { SHAPES, shapedModels } from './shapes.ts'

const ROWS = 40

test.for(SHAPES)('however deep a graph of shape %s is, each model has as many rows as the seed, or half of them', async (shape) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-shapes-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const models = shapedModels({ shape, models: 60, rows: ROWS, seed: 1 })
    writeProject(folder, models, ROWS)
    await connection.run(`CREATE TABLE source AS FROM read_csv('${join(folder, 'seeds/source.csv')}', header = true)`)
    const odd: unknown[] = []
    for (const { name, sql } of models) {
      await connection.run(`CREATE TABLE ${name} AS ${sql}`)
      const [row = []] = (await connection.runAndReadAll(`SELECT count(*)::INT, count(DISTINCT id)::INT FROM ${name}`)).getRows()
      const isFull = row[0] === ROWS || row[0] === ROWS / 2
      if (!isFull || row[0] !== row[1]) odd.push([name, ...row])
    }
    expect(odd).toEqual([])
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true, force: true })
  }
})
