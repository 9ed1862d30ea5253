import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import { type Postgres, startPostgres } from '@millrace/testing'
import type { CaseGround, DrillCase } from '../drill-case.ts'
import { expectSame } from '../same-rows.ts'

export const slotLost: DrillCase = {
  number: 11,
  name: 'A slot that is lost, dropped, made anew, moved on or failed over is told loudly, and the rebuild finds deletes too',
  needs: 'postgres',
  async run(ground: CaseGround) {
    const rig = await Rig.open(
      await ground.another(),
      `create table item (id int primary key, note text); insert into item select g, 'a' from generate_series(1, 3000) g`,
    )
    const evidence: Record<string, string | number> = {}
    try {
      await rig.start()
      evidence['dropped'] = await lose(rig, 1, async () => drop(rig))
      evidence['made anew'] = await lose(rig, 2, async () => {
        await drop(rig)
        await rig.sql("update item set note = 'between' where id = 7")
        await rig.sql(`select pg_create_logical_replication_slot('${rig.slot}', 'pgoutput')`)
      })
      evidence['moved on'] = await lose(rig, 3, async () => {
        await rig.sql(`select pg_replication_slot_advance('${rig.slot}', pg_current_wal_lsn())`)
      })
      return evidence
    } finally {
      await rig.close()
      Object.assign(evidence, await failOver(ground))
    }
  },
}

async function drop(rig: Rig): Promise<void> {
  await rig.sql(`select pg_drop_replication_slot('${rig.slot}')`)
}

/** Rows go, change and come while nobody follows; then the slot is lost. */
async function lose(rig: Rig, round: number, loss: () => Promise<void>): Promise<string> {
  await rig.stop()
  await rig.until(async () => (await rig.sql(`select 1 from pg_replication_slots where slot_name = '${rig.slot}' and active`)).length === 0)
  const before = rig.changes('shop.item').length
  await rig.sql(
    `delete from item where id % 10 = ${round}; update item set note = 'b${round}' where id % 100 = 50; insert into item values (${10_000 + round}, 'c')`,
  )
  await loss()
  rig.begin()
  const sizes = new Set<number>()
  await rig.until(() => {
    sizes.add(rig.changes('shop.item').length)
    return rig.observation.phase === 'running'
  })
  assert(rig.observation.evidence['rebuilds'] === 1, 'the loss was found')
  assert(sizes.size <= 2, 'the rebuild shows in one cut')
  await expectSame(rig, 'item')
  const told = rig.changes('shop.item').slice(before)
  assert(told.every(({ operation }) => operation !== 'truncate') && told.length < 1000, 'rows that are equal are not told again')
  assert(
    told.some(({ operation }) => operation === 'delete'),
    'rows that went are told as deleted',
  )
  await rig.sql(`insert into item values (${20_000 + round}, 'after')`)
  await rig.until(() => rig.changes('shop.item').some(({ after }) => after[0] === 20_000 + round))
  return String(rig.observation.evidence['slotLost'])
}

/** A copy of the server is promoted: once with all that was read, and once without the newest changes. */
async function failOver(ground: CaseGround): Promise<Record<string, string | number>> {
  const first = await ground.another()
  const rig = await Rig.open(
    first,
    `create table item (id int primary key, note text); insert into item select g, 'a' from generate_series(1, 500) g`,
  )
  const servers: Postgres[] = []
  const name = new URL(rig.url).pathname.slice(1)
  const promoted = async (folder: string): Promise<Postgres> => {
    await first.kill()
    execFileSync('mkdir', ['-p', join(ground.folder, folder)])
    execFileSync('cp', ['-a', first.folder + '/.', join(ground.folder, folder)])
    const data = join(ground.folder, folder, 'data')
    for (const file of ['postmaster.pid', 'postmaster.opts']) rmSync(join(data, file), { force: true })
    writeFileSync(join(data, 'recovery.signal'), '')
    execFileSync('chown', ['--reference', join(data, 'PG_VERSION'), join(data, 'recovery.signal'), join(ground.folder, folder)])
    execFileSync('chmod', ['755', ground.folder])
    const settings = { restore_command: '/bin/false', recovery_target_timeline: 'current' }
    const server = await startPostgres({ folder: join(ground.folder, folder), settings })
    servers.push(server)
    return server
  }
  mkdirSync(ground.folder, { recursive: true })
  try {
    await rig.start()
    await rig.sql("insert into item values (1000, 'both')")
    await rig.until(() => rig.changes('shop.item').some(({ after }) => after[0] === 1000))
    await rig.stop()
    const second = await promoted('second')
    await first.start()
    await rig.reconnect()
    // The standby took the slot over, and lacks nothing that was read: it is followed as if nothing had happened.
    const old = rig.client
    rig.reconfigure({ config: { url: second.urlFor({ database: name }) } })
    await rig.start()
    assert(Number(rig.observation.evidence['rebuilds']) === 0, 'a standby that lacks nothing is followed on')
    await second.query('select 1')
    await rig.stop()
    // Back to the first, whose newest rows the promoted one never had.
    rig.reconfigure({ config: { url: first.urlFor({ database: name }) } })
    await rig.start()
    const backwards = Number(rig.observation.evidence['rebuilds'])
    await rig.sql("delete from item where id <= 10; insert into item values (2000, 'only on the first')")
    await rig.until(() => rig.changes('shop.item').some(({ after }) => after[0] === 2000))
    await rig.stop()
    rig.reconfigure({ config: { url: second.urlFor({ database: name }) } })
    await rig.start()
    assert(Number(rig.observation.evidence['rebuilds']) === 1, 'a standby that lacks changes is not followed on')
    const lost = String(rig.observation.evidence['slotLost'])
    await old.end().catch(() => undefined)
    rig.client = await clientOf(rig, second.urlFor({ database: name }))
    await expectSame(rig, 'item')
    return { 'failed over': lost, backwards }
  } finally {
    await rig.close()
    for (const server of servers) await server.stop()
  }
}

async function clientOf(rig: Rig, url: string): Promise<Rig['client']> {
  const client = new (rig.client.constructor as new (options: { connectionString: string }) => Rig['client'])({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
