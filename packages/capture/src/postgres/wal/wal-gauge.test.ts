import { expect, test } from 'vitest'
import { WalGauge } from './wal-gauge.ts'

const MB = 1_000_000

test('what is kept, how fast it grows and when the nearer limit is reached', () => {
  const gauge = new WalGauge(100 * MB)
  expect(gauge.take({ atMs: 0, keptBytes: 10 * MB, safeBytes: 500 * MB })).toEqual({
    keptBytes: 10 * MB,
    safeBytes: 500 * MB,
    bytesPerSecond: 0,
    secondsLeft: null,
  })
  expect(gauge.take({ atMs: 10_000, keptBytes: 30 * MB, safeBytes: 480 * MB })).toMatchObject({ bytesPerSecond: 2 * MB, secondsLeft: 35 })
  expect(gauge.take({ atMs: 20_000, keptBytes: 50 * MB, safeBytes: 4 * MB })).toMatchObject({ bytesPerSecond: 2 * MB, secondsLeft: 2 })
})

test('what was given back is no growth, and past a limit no time is left', () => {
  const gauge = new WalGauge(100 * MB)
  gauge.take({ atMs: 0, keptBytes: 90 * MB, safeBytes: null })
  expect(gauge.take({ atMs: 60_000, keptBytes: 5 * MB, safeBytes: null })).toMatchObject({ bytesPerSecond: 0, secondsLeft: null })
  expect(gauge.take({ atMs: 70_000, keptBytes: 15 * MB, safeBytes: null })).toMatchObject({ bytesPerSecond: MB, secondsLeft: 85 })
  expect(gauge.take({ atMs: 80_000, keptBytes: 120 * MB, safeBytes: null })).toMatchObject({ secondsLeft: 0 })
})

test('the rate is that of the last minutes, and without any limit there is no end to tell', () => {
  const gauge = new WalGauge(null)
  gauge.take({ atMs: 0, keptBytes: 0, safeBytes: null })
  gauge.take({ atMs: 400_000, keptBytes: 400 * MB, safeBytes: null })
  expect(gauge.take({ atMs: 410_000, keptBytes: 410 * MB, safeBytes: null })).toEqual({
    keptBytes: 410 * MB,
    safeBytes: null,
    bytesPerSecond: MB,
    secondsLeft: null,
  })
})
