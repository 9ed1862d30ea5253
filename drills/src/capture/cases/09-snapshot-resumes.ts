import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import { openReader, openStore } from '@millrace/store'
import type { CaseGround, DrillCase } from '../drill-case.ts'
import { expectSame, sourceRows } from '../same-rows.ts'

const ROWS = 120_000
const BLOCKS = 16
/** Where the process is killed; the first two fall into the reading, at about a third and two thirds of the chunks. */
const POINTS = ['capture.in-snapshot:60', 'capture.in-snapshot:80', 'capture.before-show:1', 'capture.after-snapshot:1'] as const

export const snapshotResumes: DrillCase = {
  number: 9,
  name: 'A snapshot that is killed goes on where it was, and the stream follows it without a gap',
  needs: 'postgres',
  async run({ postgres }: CaseGround) {
    const rig = await Rig.open(
      postgres,
      `create table item (id int primary key, note text); insert into item select g, repeat('n', 150) from generate_series(1, ${ROWS}) g`,
      { chunkBlocks: BLOCKS },
    )
    try {
      await rig.store.close()
      let round = 0
      for (const point of POINTS) {
        const child = spawn(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', PROGRAM, rig.storePath, rig.url, rig.slot, String(BLOCKS)],
          {
            stdio: ['ignore', 'ignore', 'inherit'],
            env: { ...process.env, MILLRACE_CRASH_AT: point },
          },
        )
        const ended = once(child, 'exit')
        round += 1
        await rig.sql('update item set note = $2 where id % 997 = $1', [round, `changed ${round}`])
        await rig.sql('delete from item where id % 991 = $1', [round])
        await rig.sql('insert into item select $1 + g, $2 from generate_series(1, 200) g', [ROWS + round * 1000, 'new'])
        const [, signal] = (await ended) as [number | null, NodeJS.Signals | null]
        assert(signal === 'SIGKILL', `the process was killed at ${point}, not ended`)
      }
      rig.store = await openStore(rig.storePath)
      rig.reader = openReader(rig.storePath)
      await rig.start()
      await rig.sql("insert into item values (-1, 'end')")
      await rig.until(() => rig.changes('shop.item').some(({ after }) => after[0] === -1))
      await expectSame(rig, 'item')
      const rows = (await sourceRows(rig, 'item')).length
      const told = rig.changes('shop.item').filter(({ operation }) => operation === 'insert').length
      const readAgain = Math.max(0, told - ROWS - POINTS.length * 200 - 1)
      assert(readAgain < ROWS * 0.1, `${readAgain} of ${ROWS} rows were read again after two kills`)
      return { kills: POINTS.length, rows, readAgain }
    } finally {
      await rig.close()
    }
  },
}

const PROGRAM = new URL('capture-process.ts', import.meta.resolve('@millrace/capture/rig')).pathname
