import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type GraphPeer, modelFile, type PeerModel, type PeerProject, withReads } from './graph-peer.ts'

const PROJECT = `name: bench
version: '1.0'
profile: bench
model-paths: [models]
seed-paths: [seeds]
flags: { send_anonymous_usage_stats: false, use_colors: false, version_check: false }
models: { +materialized: table }
seeds: { +column_types: { id: bigint, grp: varchar, amount: bigint, day: date } }
`
const PROFILES = `bench:
  target: prod
  outputs:
    prod: { type: duckdb, path: graph.duckdb, schema: prod, threads: 2 }
    dev: { type: duckdb, path: graph.duckdb, schema: dev, threads: 2 }
`
const MODIFIED = ['--select', 'state:modified+', '--state', 'state']
const QUIET = ['--quiet', '--log-level-file', 'none']

/** dbt-core on DuckDB. Its state is the manifest of the run before, as dbt advises for jobs that build what changed. */
export const dbt: GraphPeer = {
  name: 'dbt',
  database: 'graph.duckdb',
  schemas: { production: 'prod', environment: 'dev' },
  environment: { DBT_PROFILES_DIR: '.', DO_NOT_TRACK: '1' },
  words: {
    checkCold: [...QUIET, '--use-v2-parser', 'parse'],
    checkWarm: [...QUIET, '--use-v2-parser', 'parse'],
    compile: [...QUIET, 'compile'],
    full: [...QUIET, 'build'],
    nothing: [...QUIET, 'build', ...MODIFIED],
    planAfterEdit: [...QUIET, 'ls', ...MODIFIED],
    edit: [...QUIET, 'build', ...MODIFIED],
    environment: [...QUIET, 'clone', '--target', 'dev', '--state', 'state'],
  },
  // The quicker parser leaves nothing for partial parsing, which the other commands are quickest with.
  before: { compile: [...QUIET, 'parse'] },
  writeProject({ folder, models, seed }: PeerProject): void {
    mkdirSync(join(folder, 'seeds'), { recursive: true })
    mkdirSync(join(folder, 'state'))
    writeFileSync(join(folder, 'dbt_project.yml'), PROJECT)
    writeFileSync(join(folder, 'profiles.yml'), PROFILES)
    cpSync(seed, join(folder, 'seeds/source.csv'))
    for (const [at, model] of models.entries()) dbt.writeModel({ folder, at, model })
  },
  writeModel({ folder, at, model: { name, sql } }: PeerModel): void {
    const file = join(folder, modelFile(at, name))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${withReads(sql, (read) => `{{ ref('${read}') }}`)}\n`)
  },
  after(step, folder) {
    if (step === 'full' || step === 'edit') copyFileSync(join(folder, 'target/manifest.json'), join(folder, 'state/manifest.json'))
  },
}
