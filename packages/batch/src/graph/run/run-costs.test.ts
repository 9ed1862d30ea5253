import { type Clock, systemClock } from '@millrace/base'
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashOf } from '../check/checked-graph.ts'
import { GraphGround } from '../testing/graph-ground.ts'

let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround()
  ground
    .seed('sales', 'shop,amount\nA,1\nA,2\nB,5\n')
    .model('by_shop', 'select shop, sum(amount) as total from sales group by shop')
    .model('shown', '-- @materialize view\nselect total from by_shop')
    .model('best', 'select max(total) as best from shown')
})

afterEach(() => ground.remove())

test('what each model cost is recorded, and the next run is forecast from it', async () => {
  const first = await ground.run()
  const steps = ground.catalog.steps.ofRun(first.run ?? 0)
  expect(
    steps.map(({ model, predicted, rowsRead, rows, attempts, inputs }) => [model, predicted, rowsRead, rows, attempts, inputs]),
  ).toEqual([
    ['sales', null, 0, 3, 1, []],
    ['by_shop', null, 3, 2, 1, ['sales']],
    ['shown', null, 2, 0, 1, ['by_shop']],
    ['best', null, 2, 1, 1, ['shown']],
  ])
  expect(steps.every(({ seconds, bytes, model }) => seconds > 0 && (bytes > 0 || model === 'shown'))).toBe(true)
  expect(ground.catalog.forecasts.of(first.run ?? 0)).toMatchObject({ unknown: 4, deadlineMs: null })
  ground.seed('sales', 'shop,amount\nA,1\n')
  const second = await ground.run({ deadlineMs: 5, workers: 2 })
  const again = ground.catalog.steps.ofRun(second.run ?? 0)
  expect(again.map(({ predicted }) => predicted)).toEqual(steps.map(({ seconds }) => seconds))
  const told = ground.catalog.forecasts.of(second.run ?? 0)
  expect(told).toMatchObject({ unknown: 0, deadlineMs: 5, workers: 2 })
  // A chain: the whole takes what its models take.
  expect(told?.predictedSeconds).toBeCloseTo(steps.reduce((sum, { seconds }) => sum + seconds, 0))
})

test('of a model the newest runs are remembered, and of one that is older than that memory its version', async () => {
  const { run } = await ground.run()
  const [step] = ground.catalog.steps.ofRun(run ?? 0)
  if (step === undefined) throw new Error('nothing was recorded')
  for (let later = 1; later <= 30; later += 1) ground.catalog.steps.add({ ...step, run: (run ?? 0) + later, seconds: later })
  expect(ground.catalog.steps.ofRun(run ?? 0).map(({ model }) => model)).not.toContain('sales')
  expect(
    ground.catalog
      .history()
      .spent('sales')
      .map(({ seconds }) => seconds),
  ).toEqual([30, 29, 28, 27, 26, 25, 24])
})

test('a larger input is expected to take as much longer as larger inputs took before', async () => {
  const { run } = await ground.run()
  const step = ground.catalog.steps.ofRun(run ?? 0).find(({ model }) => model === 'by_shop')
  if (step === undefined) throw new Error('nothing was recorded')
  ground.catalog.steps.add({ ...step, run: 50, rowsRead: 1000, seconds: 10 })
  ground.catalog.steps.add({ ...step, run: 51, rowsRead: 2000, seconds: 20 })
  ground.catalog.steps.add({ ...step, run: 52, rowsRead: 3000, seconds: 30 })
  const rows = Array.from({ length: 400 }, (_, at) => `${at},1`)
  ground.seed('sales', ['shop,amount', ...rows, ''].join('\n'))
  await ground.run({ select: ['by_shop'] })
  ground.model('by_shop', 'select shop, max(amount) as total from sales group by shop')
  const estimate = (await ground.plan()).steps.get('by_shop')?.estimate ?? 0
  expect(estimate).toBeGreaterThan(3)
  expect(estimate).toBeLessThan(6)
})

/** A program that runs: as long as it does, nobody can write its file. */
async function programAt(path: string): Promise<ChildProcess> {
  copyFileSync('/bin/sleep', path)
  const program = spawn(path, ['600'], { stdio: 'ignore' })
  await new Promise((resolve, reject) => {
    program.once('spawn', resolve)
    program.once('error', reject)
  })
  return program
}

/** Puts a file that cannot be written now where DuckDB is to write the version of a model. */
async function blockedVersion(model: string): Promise<ChildProcess> {
  const key = (await ground.plan()).steps.get(model)?.key ?? ''
  const folder = join(ground.folder, 'versions', model)
  mkdirSync(folder, { recursive: true })
  const file = `1-${hashOf(key).slice(0, 12)}.parquet`
  const program = await programAt(join(folder, 'busy'))
  for (const name of [file, `tmp_${file}`]) symlinkSync(join(folder, 'busy'), join(folder, name))
  return program
}

test('a file that another holds is tried again, with a pause, and that is recorded', async () => {
  const program = await blockedVersion('by_shop')
  const pauses: number[] = []
  const clock: Clock = {
    ...systemClock,
    sleep: async (pauseMs) => {
      pauses.push(pauseMs)
      if (pauses.length < 2) return
      const gone = new Promise((resolve) => program.once('exit', resolve))
      program.kill()
      await gone
    },
  }
  expect(await ground.run({ clock })).toMatchObject({ status: 'published' })
  expect(pauses).toHaveLength(2)
  expect(pauses[1]).toBeGreaterThan((pauses[0] ?? 0) * 1.2)
  const step = ground.catalog.steps.ofRun(1).find(({ model }) => model === 'by_shop')
  expect(step).toMatchObject({ outcome: 'computed', attempts: 3, problem: expect.stringContaining('busy') as string })
  expect(await ground.rows('select best from best')).toEqual([[5n]])
})

test('law 8: what does not pass is given up, and the others go on', async () => {
  const program = await blockedVersion('by_shop')
  ground.model('count', 'select count(*) as n from sales')
  try {
    const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() }
    const outcome = await ground.run({ clock })
    expect(outcome).toMatchObject({ status: 'failed', computed: 2, skipped: ['shown', 'best'] })
    expect(ground.catalog.steps.ofRun(1).find(({ model }) => model === 'by_shop')).toMatchObject({ outcome: 'failed', attempts: 4 })
  } finally {
    program.kill()
  }
})

test('what SQL or a row does wrong is never tried again, whatever its words', async () => {
  ground.model('bad', "select cast('IO Error: Could not set lock EBUSY database is locked' as integer) as n from sales")
  const clock: Clock = { ...systemClock, sleep: () => Promise.reject(new DOMException('nothing is waited for')) }
  const outcome = await ground.run({ clock })
  expect(outcome.errors).toMatchObject([{ code: 'MODEL_FAILED' }])
  expect(ground.catalog.steps.ofRun(1).find(({ model }) => model === 'bad')).toMatchObject({ attempts: 1 })
})
