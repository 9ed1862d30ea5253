import { seededRandom } from '@millrace/base'
import { expect, test } from 'vitest'
import { Endpoint } from './endpoint.ts'
import { DEFAULT_LIMITS } from './limits.ts'

function endpoint(): Endpoint {
  return new Endpoint(DEFAULT_LIMITS, seededRandom(1))
}

test('an endpoint that answers may have all requests in flight', () => {
  const one = endpoint()
  one.record('delivered', 0, null)
  one.record('refused', 0, null)
  expect(one.allowed(0)).toBe(32)
})

test('silence closes it; then one probe at a time, and a ramp after the first success', () => {
  const one = endpoint()
  for (let count = 0; count < 32; count += 1) one.record('unreachable', 1000, null)
  expect(one.allowed(1001)).toBe(0)
  const probeMs = one.resumeMs
  expect(probeMs - 1000).toBeGreaterThanOrEqual(800)
  expect(probeMs - 1000).toBeLessThanOrEqual(1200)
  expect(one.allowed(probeMs)).toBe(1)
  one.record('unreachable', probeMs, null)
  expect(one.resumeMs - probeMs).toBeGreaterThanOrEqual(1600)
  const again = one.resumeMs
  const ramp: number[] = []
  for (let count = 0; count < 7; count += 1) {
    ramp.push(one.allowed(again))
    one.record('delivered', again, null)
  }
  expect(ramp).toEqual([1, 2, 4, 8, 16, 32, 32])
})

test('the pause between probes has a bound, so that recovery is noticed within it', () => {
  const one = endpoint()
  let nowMs = 0
  for (let probes = 0; probes < 50; probes += 1) {
    for (let count = 0; count < 3; count += 1) one.record('unreachable', nowMs, null)
    expect(one.resumeMs - nowMs).toBeLessThanOrEqual(72_000)
    nowMs = one.resumeMs
  }
})

test('what the endpoint asks for is obeyed, and a late success does not end it', () => {
  const one = endpoint()
  one.record('throttled', 0, 30_000)
  one.record('delivered', 10, null)
  expect(one.allowed(29_999)).toBe(0)
  expect(one.allowed(30_000)).toBe(1)
})
