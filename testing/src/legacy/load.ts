import type { Postgres } from '../postgres.ts'
import { generateLegacyTree, type LegacyOptions, type LegacyTree } from './generate.ts'

export interface LoadedLegacy extends LegacyTree {
  /** Where the tree is, on the server that was given. */
  readonly url: string
  /** How long it took to make all views, rows and functions included. */
  readonly seconds: number
}

/** Makes a database of its own and loads the tree into it. */
export async function loadLegacyTree(postgres: Postgres, options: LegacyOptions): Promise<LoadedLegacy> {
  const tree = generateLegacyTree(options)
  const database = `legacy_${options.seed}_${options.views}`
  await postgres.query(`create database ${database}`)
  const url = postgres.urlFor({ database })
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const start = performance.now()
  try {
    await client.query('begin')
    for (const statement of tree.ground) await client.query(statement)
    await client.query('analyze')
    for (const { name, sql, isMaterialized } of tree.views)
      await client.query(`create ${isMaterialized ? 'materialized view' : 'view'} ${name} as ${sql}`)
    await client.query('commit')
  } finally {
    await client.end()
  }
  return { ...tree, url, seconds: (performance.now() - start) / 1000 }
}
