/** The server that a section measures against, and what each measured life of it needs. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { NODE_FLAGS } from 'millrace/node-flags'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from '../run-child.ts'
import type { LifeOrder, LifeResult } from './life.ts'
import { makeTable } from './workload.ts'

const LIFE = fileURLToPath(new URL('./life-process.ts', import.meta.url))
/** The slots of a whole round wait while its changes are made: nothing of them may be recycled, and nothing else run. The ceiling never answers. */
const SETTINGS = {
  max_replication_slots: 32,
  max_wal_senders: 32,
  max_wal_size: '16GB',
  autovacuum: 'off',
  shared_buffers: '512MB',
  wal_sender_timeout: 0,
}

export interface Ground {
  readonly postgres: Postgres
  readonly folder: string
}

export async function withGround<Result>(rows: number, work: (ground: Ground) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const postgres = await startPostgres({ settings: SETTINGS })
  try {
    await makeTable(postgres, rows)
    return await work({ postgres, folder })
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

export function orderOf({ postgres, folder }: Ground, mode: LifeOrder['mode'], name: string): LifeOrder {
  return {
    mode,
    url: postgres.url,
    project: name,
    slot: `bench_${name}`,
    publication: `bench_${name}`,
    storePath: join(folder, `${name}.db`),
    changes: 0,
    warmUp: 0,
    untilPosition: '0/0',
  }
}

/** The peer allocates objects by the row, and would suffer from our small young generation: it has Node's own flags. */
export function runLife(order: LifeOrder): Promise<LifeResult> {
  const flags = order.mode === 'peer' ? ['--disable-warning=ExperimentalWarning'] : NODE_FLAGS
  return runChild<LifeResult>({ file: LIFE, flags, order })
}

/** Forgets a life's slot, publication and store. */
export async function forget({ postgres }: Ground, order: LifeOrder): Promise<void> {
  for (const name of [order.slot, `millrace_${order.project}_shop`]) {
    await postgres.query(
      `select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '${name}' and active;
       select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${name}' and not active`,
    )
    await postgres.query(`drop publication if exists ${name}`)
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${order.storePath}${suffix}`, { force: true })
}
