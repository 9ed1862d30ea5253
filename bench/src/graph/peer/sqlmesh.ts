import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type GraphPeer, modelFile, type PeerModel, type PeerProject, withReads } from './graph-peer.ts'

/** The state is in a file of its own, as SQLMesh advises. */
const CONFIG = `gateways:
  local:
    connection: { type: duckdb, database: graph.duckdb, concurrent_tasks: 2 }
    state_connection: { type: duckdb, database: state.duckdb, concurrent_tasks: 2 }
default_gateway: local
model_defaults: { dialect: duckdb, start: 2024-01-01 }
disable_anonymized_analytics: true
`
const SEED = `MODEL (name bench.source, kind SEED (path '../seeds/source.csv'), columns (id BIGINT, grp VARCHAR, amount BIGINT, day DATE));\n`
const BARE = ['--no-prompts', '--skip-tests', '--skip-linter', '--no-diff']
const APPLY = ['--auto-apply', ...BARE]
const EXPLAIN = ['plan', '--explain', ...BARE]

export const sqlmesh: GraphPeer = {
  name: 'sqlmesh',
  database: 'graph.duckdb',
  schemas: { production: 'bench', environment: 'bench__dev' },
  environment: { SQLMESH__DISABLE_ANONYMIZED_ANALYTICS: '1', NO_COLOR: '1', PYTHONWARNINGS: 'ignore' },
  words: {
    checkCold: ['info', '--skip-connection'],
    checkWarm: ['info', '--skip-connection'],
    compile: EXPLAIN,
    full: ['plan', ...APPLY],
    nothing: ['plan', ...APPLY],
    planAfterEdit: EXPLAIN,
    edit: ['plan', ...APPLY],
    environment: ['plan', 'dev', '--include-unmodified', ...APPLY],
  },
  before: {},
  writeProject({ folder, models, seed }: PeerProject): void {
    mkdirSync(join(folder, 'seeds'), { recursive: true })
    mkdirSync(join(folder, 'models'), { recursive: true })
    writeFileSync(join(folder, 'config.yaml'), CONFIG)
    cpSync(seed, join(folder, 'seeds/source.csv'))
    writeFileSync(join(folder, 'models/source.sql'), SEED)
    for (const [at, model] of models.entries()) sqlmesh.writeModel({ folder, at, model })
  },
  writeModel({ folder, at, model: { name, sql } }: PeerModel): void {
    const file = join(folder, modelFile(at, name))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `MODEL (name bench.${name}, kind FULL);\n\n${withReads(sql, (read) => `bench.${read}`)}\n`)
  },
  after() {
    // SQLMesh keeps its state itself.
  },
}
