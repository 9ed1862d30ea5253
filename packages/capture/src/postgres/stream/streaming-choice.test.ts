import { expect, test } from 'vitest'
import type { Query } from '../connect.ts'
import { StreamingChoice } from './streaming-choice.ts'

const V14 = 140_000

function choiceAt(): { choice: StreamingChoice; pass: (ms: number) => void } {
  let nowMs = 0
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async () => undefined }
  return { choice: new StreamingChoice(clock), pass: (ms) => (nowMs += ms) }
}

test('a server before 14 is asked for whole transactions, a later one for those in progress', () => {
  expect(choiceAt().choice.isOn(130_012)).toBe(false)
  expect(choiceAt().choice.isOn(V14)).toBe(true)
})

test('streaming is off until the transaction that was in the way has come whole', () => {
  const { choice } = choiceAt()
  choice.fallBack(7, 'a part was undone')
  choice.committed(8)
  expect(choice.isOn(V14)).toBe(false)
  choice.committed(7)
  expect(choice.isOn(V14)).toBe(true)
})

test('one that was undone is asked after: once it has ended and all before that has come, streaming is on', async () => {
  const { choice } = choiceAt()
  const answers = [
    { ended: false, position: 100 },
    { ended: true, position: 200 },
  ]
  const query = (async () => [answers.shift()]) as unknown as Query
  choice.fallBack(7, 'a part was undone')
  await choice.look(query)
  choice.passed(150)
  expect(choice.isOn(V14)).toBe(false)
  await choice.look(query)
  choice.passed(199)
  expect(choice.isOn(V14)).toBe(false)
  choice.passed(200)
  expect(choice.isOn(V14)).toBe(true)
})

test('law 8: where transactions that cannot be divided follow one another, streaming rests, longer each time and never for ever', () => {
  const { choice, pass } = choiceAt()
  let longestMs = 0
  for (let round = 0; round < 20; round += 1) {
    choice.fallBack(round, 'a part was undone')
    choice.committed(round)
    let waitedMs = 0
    while (!choice.isOn(V14)) {
      pass(1000)
      waitedMs += 1000
    }
    expect(waitedMs).toBeGreaterThanOrEqual(Math.min(longestMs, 300_000))
    longestMs = Math.max(longestMs, waitedMs)
  }
  expect(longestMs).toBe(300_000)
  pass(3_600_000)
  choice.fallBack(99, 'a part was undone')
  choice.committed(99)
  expect(choice.isOn(V14)).toBe(true)
})
