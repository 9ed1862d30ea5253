import { describe, expect, it } from 'vitest'
import { AGENT_LIMITS } from './agent-limits.ts'
import { AgentLoad } from './agent-load.ts'

function turnAway(load: AgentLoad, times: number): void {
  const before = load.turnedAway
  for (let each = 0; each < times; each += 1) {
    try {
      load.enter()
    } catch {
      // Counted below.
    }
  }
  expect(load.turnedAway - before).toBe(times)
}

describe('the load', () => {
  it('lets in up to its bounds, and again what was let go', () => {
    const load = new AgentLoad()
    const leave = Array.from({ length: AGENT_LIMITS.requests }, () => load.enter())
    expect(() => load.enter()).toThrow(expect.objectContaining({ code: 'AGENT_DOOR_BUSY' }))
    leave[0]?.()
    load.enter()
    const letGo = load.hold(AGENT_LIMITS.bytesInHand)
    expect(() => load.hold(1)).toThrow(expect.objectContaining({ code: 'AGENT_DOOR_BUSY' }))
    letGo()
    load.hold(1)
    expect(load.turnedAway).toBe(2)
  })

  it('asks those whom it turns away to come back the later, the more of them there are, and forgets that in time', () => {
    let nowMs = 0
    const load = new AgentLoad(() => nowMs)
    const leave = Array.from({ length: AGENT_LIMITS.requests }, () => load.enter())
    expect([load.retryAfterMs(0), load.retryAfterMs(1)]).toEqual([1000, 4000])
    turnAway(load, AGENT_LIMITS.requests * 4)
    expect([load.retryAfterMs(0), load.retryAfterMs(1)]).toEqual([1000, 20_000])
    turnAway(load, AGENT_LIMITS.requests * 40)
    expect(load.retryAfterMs(1)).toBe(AGENT_LIMITS.retryAfterMsLimit)
    for (const each of leave) each()
    nowMs += AGENT_LIMITS.retryAfterWindowMs * 10
    for (let each = 0; each < AGENT_LIMITS.requests; each += 1) load.enter()()
    expect(load.retryAfterMs(1)).toBeLessThan(5000)
  })
})
