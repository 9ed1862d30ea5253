import { seededRandom } from '@millrace/base'
import { expect, test } from 'vitest'
import { killsOf, PHASES, pointsOf, share } from './phase.ts'

test('The shares of all phases are all kills', () => {
  for (const kills of [5, 7, 99, 100]) {
    const shares = PHASES.map((_, at) => share(kills, PHASES.length, at))
    expect(shares.reduce((sum, each) => sum + each, 0)).toBe(kills)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
  }
})

test('Each named point of a phase is struck where there are kills enough, and every second kill is at random', () => {
  for (const phase of PHASES) {
    const points = pointsOf(phase)
    const kills = killsOf(phase, 2 * points.length, seededRandom(1))
    expect(points.length).toBeGreaterThan(0)
    expect(kills.flatMap((kill) => (kill.at === 'point' ? [kill.point] : []))).toEqual(points)
  }
})
