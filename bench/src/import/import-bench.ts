/** A legacy tree in a real Postgres or MariaDB, imported, run by DuckDB, and compared view by view. */
import { openLegacyDatabase } from '@millrace/legacy'
import { type LegacyTree, loadLegacyTree, loadMariadbTree, startMariadb, startPostgres } from '@millrace/testing'
import { compareTree } from './compare-tree.ts'

export type ImportOrigin = 'postgres' | 'mariadb'

export interface ImportBenchOptions {
  readonly from: ImportOrigin
  readonly views: number
  readonly seed: number
  readonly note: (line: string) => void
}

export interface ImportOutcome {
  readonly from: ImportOrigin
  readonly views: number
  readonly depth: number
  readonly translated: number
  readonly equal: number
  readonly rows: number
  readonly seconds: { readonly create: number; readonly import: number; readonly duckdb: number; readonly legacy: number }
  /** Why the others were not, by construct and reason, with how many views. */
  readonly refused: readonly { readonly construct: string; readonly reason: string; readonly views: number }[]
  /** Views that use what only Postgres has, by the generator's word, but which were translated all the same; and the other way round. */
  readonly unexpected: readonly string[]
  readonly wrong: readonly { readonly name: string; readonly problem: string }[]
}

interface Loaded {
  readonly legacy: LegacyTree & { readonly url: string; readonly seconds: number }
  readonly stop: () => Promise<void>
}

async function load({ from, views, seed }: ImportBenchOptions): Promise<Loaded> {
  if (from === 'postgres') {
    const postgres = await startPostgres()
    return loaded(postgres, async () => loadLegacyTree(postgres, { views, seed }))
  }
  const mariadb = await startMariadb()
  return loaded(mariadb, async () => loadMariadbTree(mariadb, { views, seed }))
}

async function loaded(server: { stop(): Promise<void> }, make: () => Promise<Loaded['legacy']>): Promise<Loaded> {
  try {
    return { legacy: await make(), stop: async () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

export async function importBench(options: ImportBenchOptions): Promise<ImportOutcome> {
  const { from, note } = options
  const { legacy, stop } = await load(options)
  try {
    note(`${legacy.views.length} views made in ${legacy.seconds.toFixed(1)} s`)
    const start = performance.now()
    const database = await openLegacyDatabase(legacy.url)
    try {
      const tree = database.translate({ source: 'erp', schemas: [], streamed: false })
      const importSeconds = (performance.now() - start) / 1000
      const translated = tree.models.filter(({ sql }) => sql !== null)
      note(`${translated.length} translated in ${importSeconds.toFixed(1)} s`)
      const result = await compareTree(tree, database, note)
      const wrong = result.models.flatMap(({ name, problem }) => (problem === null ? [] : [{ name, problem }]))
      const foreign = new Set(legacy.views.filter(({ isForeign }) => isForeign).map(({ name }) => name))
      return {
        from,
        views: tree.models.length,
        depth: Math.max(...legacy.views.map(({ depth }) => depth)),
        translated: translated.length,
        equal: translated.length - wrong.length,
        rows: result.rows,
        seconds: { create: legacy.seconds, import: importSeconds, duckdb: result.duckdbSeconds, legacy: result.legacySeconds },
        refused: reasonsOf(tree.models.flatMap(({ refusal }) => (refusal === null ? [] : [refusal]))),
        unexpected: tree.models
          .filter(({ name, refusal }) => foreign.has(name) !== (refusal !== null))
          .map(({ name, refusal }) => `${name}: ${refusal?.construct ?? 'translated'} ${refusal?.reason ?? ''}`),
        wrong,
      }
    } finally {
      await database.close()
    }
  } finally {
    await stop()
  }
}

function reasonsOf(refusals: readonly { readonly construct: string; readonly reason: string }[]): ImportOutcome['refused'] {
  const groups = Map.groupBy(refusals, ({ construct, reason }) => `${construct}\0${reason}`)
  return [...groups.values()]
    .map((group) => ({ construct: group[0]?.construct ?? '', reason: group[0]?.reason ?? '', views: group.length }))
    .toSorted((one, two) => two.views - one.views)
}

export function importText(outcome: ImportOutcome): string {
  const { views, depth, translated, equal, rows, seconds } = outcome
  return [
    `${views} views, up to ${depth} deep, made in ${seconds.create.toFixed(1)} s`,
    `${translated} translated in ${seconds.import.toFixed(1)} s, the catalog's reading included; ${equal} of them equal (${rows} rows compared)`,
    `computed by DuckDB in ${seconds.duckdb.toFixed(1)} s; by ${outcome.from === 'postgres' ? 'Postgres' : 'MariaDB'}, with the copying, in ${seconds.legacy.toFixed(1)} s`,
    ...outcome.refused.map((each) => `  not translated: ${each.views} × ${each.construct}: ${each.reason}`),
    ...outcome.unexpected.map((each) => `  unexpected: ${each}`),
    ...outcome.wrong.slice(0, 20).map(({ name, problem }) => `  differs: ${name}: ${problem}`),
  ].join('\n')
}
