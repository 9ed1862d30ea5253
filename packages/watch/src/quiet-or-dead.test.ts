import { type Clock, MillraceError } from '@millrace/base'
import type { StageObservation } from '@millrace/core'
import { expect, test } from 'vitest'
import { answerOf } from './answer.ts'
import type { Report } from './report.ts'
import { Watch } from './watch.ts'

const EDGES = [
  { from: 'source:shop', to: 'stream:shop.orders' },
  { from: 'stream:shop.orders', to: 'model:order_totals' },
  { from: 'model:order_totals', to: 'delivery:crm' },
]

/** One source, one table, one model and one delivery, moved second by second by two simulated clocks. */
class World {
  wallMs = Date.UTC(2026, 0, 5, 9)
  monotonicMs = 0
  source = observation('source', 'shop', { lastContactMs: this.wallMs, backlog: 0 })
  model = observation('model', 'order_totals', { backlog: 0 })
  delivery = observation('delivery', 'crm', { backlog: 0 })
  /** The source's verdicts, one per change of verdict. */
  readonly verdicts: string[] = []
  readonly #clock: Clock = {
    nowMs: () => this.wallMs,
    monotonicMs: () => this.monotonicMs,
    sleep: () => Promise.resolve(),
  }
  readonly #watch = new Watch({ clock: this.#clock })

  /** `move` acts before the sample of each second. */
  run(seconds: number, move: (world: World, second: number) => void = () => undefined): this {
    for (let second = 1; second <= seconds; second += 1) {
      this.wallMs += 1000
      this.monotonicMs += 1000
      move(this, second)
      this.#sample()
    }
    return this
  }

  /** The other side gives a sign of life but sends no change. */
  keepalive(): void {
    this.source = { ...this.source, lastContactMs: this.wallMs }
  }

  change(count = 5, lagMs = 20): void {
    const { wallMs } = this
    this.source = { ...this.source, changes: this.source.changes + count, lastChangeMs: wallMs, lastContactMs: wallMs, lagMs }
    this.model = { ...this.model, changes: this.model.changes + count, lastChangeMs: wallMs, lagMs }
    this.delivery = { ...this.delivery, changes: this.delivery.changes + count, lastChangeMs: wallMs, lagMs }
  }

  evidence(evidence: StageObservation['evidence']): void {
    this.source = { ...this.source, evidence: { ...this.source.evidence, ...evidence } }
  }

  report(name: string): Report {
    const report = this.reports().find((one) => one.name === name)
    if (report === undefined) throw new Error(`no report of ${name}`)
    return report
  }

  reports(): readonly Report[] {
    return this.#watch.reports()
  }

  #sample(): void {
    const { changes, lastChangeMs } = this.source
    const streams = [{ name: 'shop.orders', changes, lastChangeMs }]
    this.#watch.sample({ observations: [this.source, this.model, this.delivery], streams, edges: EDGES })
    const { verdict } = this.report('shop')
    if (this.verdicts.at(-1) !== verdict) this.verdicts.push(verdict)
  }
}

function observation(kind: StageObservation['kind'], name: string, rest: Partial<StageObservation>): StageObservation {
  const blank = { phase: 'running', changes: 0, lastChangeMs: null, lastContactMs: null, lagMs: null, backlog: null, error: null } as const
  return { ...blank, kind, name, evidence: {}, ...rest }
}

const everyTenth = (world: World, second: number): void => {
  if (second % 10 === 0) world.keepalive()
}

test('law 6: changes that pass are flowing', () => {
  const world = new World().run(20, (it) => it.change())
  expect(world.reports().map((report) => report.verdict)).toEqual(['flowing', 'flowing', 'flowing', 'flowing'])
})

test('law 6: no writes, and proof that nothing waits, is quiet', () => {
  const world = new World().run(20, (it) => it.change()).run(3600, everyTenth)
  expect(world.verdicts).toEqual(['flowing', 'quiet'])
  expect(world.reports().map((report) => report.verdict)).toEqual(['quiet', 'quiet', 'quiet', 'quiet'])
})

test('law 6: an open connection over which nothing arrives is dead within three intervals', () => {
  const world = new World().run(20, (it) => it.change()).run(31)
  expect(world.verdicts).toEqual(['flowing', 'quiet', 'dead'])
  expect(world.report('shop').sentence).toContain('Nothing at all has arrived for 31 s')
  expect(world.report('shop').sinceMs).toBe(world.wallMs)
})

test('law 6: being connected is not evidence: signs of life without anything to compare are unknown', () => {
  const world = new World()
  world.source = { ...world.source, backlog: null }
  world.run(60, everyTenth)
  expect(world.report('shop').verdict).toBe('unknown')
})

test('law 6: a heartbeat that comes back proves silence; one that does not means that capture is stalled', () => {
  const world = new World()
  world.source = { ...world.source, backlog: null }
  world.run(60, (it, second) => {
    it.keepalive()
    if (second % 3 === 0) it.evidence({ lastHeartbeatMs: it.wallMs })
  })
  expect(world.report('shop').verdict).toBe('quiet')
  world.run(33, (it) => it.keepalive())
  expect(world.report('shop').verdict).toBe('stalled')
  expect(world.report('shop').sentence).toContain('capture is stuck')
})

test('law 6: where no heartbeat can be written, silence is unknown, never quiet', () => {
  const world = new World()
  world.evidence({ heartbeatRefused: 'the user may not write' })
  world.run(120, everyTenth)
  expect(world.verdicts).toEqual(['unknown'])
  world.run(1, (it) => it.change())
  expect(world.report('shop').verdict).toBe('flowing')
})

test('law 6: a source that failed for good is dead and says the way out', () => {
  const world = new World().run(5, (it) => it.change())
  const error = new MillraceError('STORE_CORRUPT', { details: { path: 'store.db', what: 'page 7' } })
  world.source = { ...world.source, phase: 'failed', error }
  world.run(1)
  expect(world.report('shop')).toMatchObject({ verdict: 'dead', error: { code: 'STORE_CORRUPT' } })
  expect(world.report('shop').sentence).toContain('millrace restore')
})

test('law 6: a lost connection is unknown while it is retried, and dead after three intervals', () => {
  const world = new World().run(20, (it) => it.change())
  world.source = { ...world.source, phase: 'retrying' }
  world.run(20)
  expect(world.report('shop').verdict).toBe('unknown')
  world.run(20)
  expect(world.report('shop').verdict).toBe('dead')
})

test('law 6: a source whose clock is ten minutes off, either way, raises no alarm', () => {
  for (const lagMs of [600_000, -600_000]) {
    const world = new World().run(60, (it) => it.change(5, lagMs))
    world.source = { ...world.source, backlog: 3 }
    world.run(60, (it) => it.change(5, lagMs + 50))
    expect(world.verdicts).toEqual(['flowing'])
    expect(world.report('shop').lag.nowMs).toBeLessThan(1000)
  }
})

test('law 6: a source that counts bytes, not changes, raises no alarm for its clock either', () => {
  const world = new World()
  world.source = { ...world.source, backlog: null, evidence: { behindBytes: 900 } }
  world.run(60, (it) => it.change(5, 600_000))
  expect(world.verdicts).toEqual(['flowing'])
  world.evidence({ behindBytes: 80_000_000 })
  world.run(100, (it) => it.change(5, 640_000))
  expect(world.report('shop')).toMatchObject({ verdict: 'lagging', lag: { nowMs: 40_000 } })
})

test('law 6: real lag is seen at once, behind a skewed clock too', () => {
  const world = new World().run(60, (it) => it.change(5, 600_000))
  world.source = { ...world.source, backlog: 9000 }
  world.run(1, (it) => it.change(5, 640_000))
  expect(world.report('shop')).toMatchObject({ verdict: 'lagging', lag: { nowMs: 40_000 } })
})

test('law 6: a wall clock that is set back an hour changes nothing', () => {
  const world = new World().run(20, (it) => it.change())
  world.wallMs -= 3_600_000
  world.run(20, (it) => it.change())
  expect(world.verdicts).toEqual(['flowing'])
  expect(world.report('shop').rate.perSecond10).toBeCloseTo(5)
})

test.each([
  ['a clock that counts the sleep', 8 * 3_600_000],
  ['a clock that stops while asleep', 0],
])('law 6: after eight hours asleep it recovers without an alarm: %s', (_, countedMs) => {
  const world = new World().run(20, (it) => it.change())
  world.wallMs += 8 * 3_600_000
  world.monotonicMs += countedMs
  world.run(1)
  expect(world.report('shop').verdict).toBe('lagging')
  expect(world.report('shop').sentence).toContain('did not run for 8 h')
  world.source = { ...world.source, backlog: 50_000 }
  world.run(10, (it) => it.change(5000, 8 * 3_600_000))
  world.source = { ...world.source, backlog: 0 }
  world.run(10, (it) => it.change())
  expect(world.verdicts).toEqual(['flowing', 'lagging', 'flowing'])
})

test('law 6: a source that stays silent after the sleep is dead after all', () => {
  const world = new World().run(20, (it) => it.change())
  world.wallMs += 8 * 3_600_000
  world.run(40)
  expect(world.verdicts).toEqual(['flowing', 'lagging', 'dead'])
})

test('law 6: a model with waiting changes and no progress is stalled, and only it is blamed', () => {
  const world = new World().run(20, (it) => it.change())
  world.run(40, (it) => {
    const { model, delivery } = it
    it.change()
    it.model = { ...model, backlog: (model.backlog ?? 0) + 5 }
    it.delivery = delivery
  })
  expect(world.reports().map((report) => [report.name, report.verdict, report.blame])).toEqual([
    ['shop', 'flowing', null],
    ['order_totals', 'stalled', null],
    ['crm', 'unknown', 'model:order_totals'],
    ['shop.orders', 'flowing', null],
  ])
  expect(answerOf(world.reports(), [])).toMatchObject({ trust: 'no', headline: 'The model order_totals is stalled' })
})

test('law 6: nothing behind a dead source is called good, and each names the cause', () => {
  const world = new World().run(20, (it) => it.change()).run(60)
  expect(world.reports().map((report) => [report.name, report.verdict, report.blame])).toEqual([
    ['shop', 'dead', null],
    ['order_totals', 'unknown', 'source:shop'],
    ['crm', 'unknown', 'source:shop'],
    ['shop.orders', 'unknown', 'source:shop'],
  ])
})

test('law 6: a receiver that refuses is stalled, one that never answers is dead', () => {
  const world = new World().run(20, (it) => it.change())
  world.delivery = { ...world.delivery, backlog: 12, phase: 'retrying' }
  world.run(40, (it, second) => {
    const { delivery } = it
    it.change()
    it.delivery = second % 10 === 0 ? { ...delivery, lastContactMs: it.wallMs } : delivery
  })
  expect(world.report('crm').verdict).toBe('stalled')
  world.run(40, (it) => {
    const { delivery } = it
    it.change()
    it.delivery = delivery
  })
  expect(world.report('crm').verdict).toBe('dead')
})

test('law 6: a snapshot in progress is lagging, one without progress is stalled', () => {
  const world = new World()
  world.source = { ...world.source, phase: 'snapshot' }
  world.run(90, (it) => it.change(1000))
  expect(world.report('shop').sentence).toContain('90,000 rows so far')
  world.run(61)
  expect(world.verdicts).toEqual(['lagging', 'stalled'])
})
