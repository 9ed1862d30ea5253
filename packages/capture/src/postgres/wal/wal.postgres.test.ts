/** What the slot holds back, against a real server: measured, limited, and given back. */
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Rig } from '../fixtures/rig.ts'
import { untilSame } from '../fixtures/same-rows.ts'
import { inspectPostgres } from '../inspect-postgres.ts'

let postgres: Postgres
let rig: Rig

const MB = 1_000_000

beforeAll(async () => (postgres = await startPostgres({ settings: { max_slot_wal_keep_size: '400MB' } })))
afterAll(() => postgres.stop())
afterEach(() => rig.close())

/** Writes so much of the log without a change of any captured table. */
async function fillLog(megabytes: number): Promise<void> {
  for (let at = 0; at < megabytes; at += 1) await postgres.query(`select pg_logical_emit_message(false, 'other', repeat('x', 1000000))`)
}

function wal(name: 'Kept' | 'Safe' | 'BytesPerSecond' | 'SecondsLeft'): number | null {
  const evidence = rig.observation.evidence[name === 'Kept' || name === 'Safe' ? `wal${name}Bytes` : `wal${name}`]
  return typeof evidence === 'number' ? evidence : null
}

test('what is kept, its rate and the time left are told while the log hangs, and the limit is a warning', async () => {
  let isHung = false
  const waiting: (() => void)[] = []
  rig = await Rig.open(postgres, 'create table a (id int primary key)', {
    config: { wal: { keptBytesLimit: 60 * MB } },
    writer: (store) => ({
      commit: async (set) => {
        if (isHung) await new Promise<void>((go) => waiting.push(go))
        return store.commit(set)
      },
    }),
  })
  await rig.start()
  isHung = true
  await rig.sql('insert into a values (1)')
  await fillLog(40)
  await rig.until(() => (wal('Kept') ?? 0) > 35 * MB)
  expect(wal('Safe')).toBeGreaterThan(100 * MB)
  expect(wal('BytesPerSecond')).toBeGreaterThan(MB)
  expect(wal('SecondsLeft')).toBeLessThan(60)
  await fillLog(30)
  await rig.until(() => rig.observation.error?.code === 'CAPTURE_WAL_LIMIT')
  expect(rig.observation).toMatchObject({
    phase: 'running',
    error: { message: expect.stringContaining('60 MB'), hint: expect.stringContaining('wal.keptBytesLimit') },
  })
  const findings = await inspectPostgres({ project: 'rig', name: 'shop', config: rig.config })
  expect(findings.find(({ check }) => check === 'kept log')).toMatchObject({ ok: false, detail: expect.stringContaining('60 MB') })
  isHung = false
  for (const go of waiting) go()
})

test('at the limit the slot is given up where that was chosen, and all tables are read anew, deletes included', async () => {
  rig = await Rig.open(postgres, 'create table a (id int primary key); insert into a values (1), (2)', {
    config: { wal: { keptBytesLimit: 30 * MB, atLimit: 'rebuild' } },
  })
  await rig.start()
  await rig.stop()
  await rig.sql('delete from a where id = 1; insert into a values (3)')
  await fillLog(50)
  rig.begin()
  await untilSame(rig, 'a')
  await rig.until(() => (wal('Kept') ?? Infinity) < 5 * MB)
  expect(rig.observation.evidence['slotLost']).toContain("`wal.atLimit` is 'rebuild'")
  await rig.sql('insert into a values (4)')
  await untilSame(rig, 'a')
})
