import type { Mariadb } from '../mariadb.ts'
import { generateLegacyTree, type LegacyOptions, type LegacyTree } from './generate.ts'

export interface LoadedMariadb extends LegacyTree {
  readonly url: string
  /** How long it took to make all views, rows included. */
  readonly seconds: number
}

/** Every level of views is computed again by each that reads it, so such trees are not deep. */
const DEPTH = 7
const FOREIGN_EVERY = 20

/** Loads the tree into a server of its own; it makes its databases. */
export async function loadMariadbTree(mariadb: Mariadb, options: LegacyOptions): Promise<LoadedMariadb> {
  const tree = generateLegacyTree({ depth: DEPTH, foreignEvery: FOREIGN_EVERY, ...options, dialect: 'mysql' })
  const start = performance.now()
  for (const statement of tree.ground) await mariadb.query(statement)
  for (const { name, sql, isMaterialized } of tree.views)
    await mariadb.query(`create ${isMaterialized ? 'algorithm=temptable ' : ''}view ${name} as ${sql}`)
  return { ...tree, url: mariadb.urlFor({ database: 'commerce' }), seconds: (performance.now() - start) / 1000 }
}
