import { expect, test } from 'vitest'
import { AskedTogether } from './asked-together.ts'

test('what is asked together is answered in lots, each question with its own answer', async () => {
  const lots: string[][] = []
  const asked = new AskedTogether<string, string, string>({
    lanes: ['a', 'b'],
    atOnce: 3,
    answer: async (_lane, questions) => {
      lots.push([...questions])
      return questions.map((question) => () => `${question}!`)
    },
  })
  const questions = Array.from({ length: 10 }, (_, at) => String(at))
  expect(await Promise.all(questions.map((question) => asked.ask(question)))).toEqual(questions.map((question) => `${question}!`))
  expect(lots.flat().toSorted()).toEqual(questions)
  expect(Math.max(...lots.map((lot) => lot.length))).toBe(3)
  expect(await asked.ask('later')).toBe('later!')
})

test('a lane answers one lot at a time', async () => {
  const busy = new Map<string, number>()
  let most = 0
  const asked = new AskedTogether<number, number, string>({
    lanes: ['a', 'b'],
    atOnce: 2,
    answer: async (lane, questions) => {
      busy.set(lane, (busy.get(lane) ?? 0) + 1)
      most = Math.max(most, ...busy.values())
      await new Promise<void>((resolve) => setImmediate(resolve))
      busy.set(lane, (busy.get(lane) ?? 0) - 1)
      return questions.map((question) => () => question)
    },
  })
  await Promise.all(Array.from({ length: 20 }, (_, at) => asked.ask(at)))
  expect(most).toBe(1)
})

test('a lot that fails tells each who asked in it, and its lane answers the next', async () => {
  const asked = new AskedTogether<string, string, string>({
    lanes: ['a'],
    atOnce: 2,
    answer: async (_lane, questions) => {
      if (questions.includes('bad')) throw new RangeError('no')
      return questions.map((question) => () => question)
    },
  })
  const outcomes = await Promise.allSettled(['bad', 'beside', 'good'].map((question) => asked.ask(question)))
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
})

test('a lot is no larger than its limit, but for a question that is larger by itself', async () => {
  const lots: string[][] = []
  const asked = new AskedTogether<string, string, string>({
    lanes: ['a'],
    atOnce: 10,
    size: { of: (question) => question.length, limit: 4 },
    answer: async (_lane, questions) => {
      lots.push([...questions])
      return questions.map((question) => () => question)
    },
  })
  await Promise.all(['aa', 'b', 'cc', 'ddddddd', 'e', 'fff'].map((question) => asked.ask(question)))
  expect(lots).toEqual([['aa', 'b'], ['cc'], ['ddddddd'], ['e', 'fff']])
})

test('a lane has its next lot before the answers of the last are read, and one that cannot be read is told to who asked', async () => {
  const seen: string[] = []
  const asked = new AskedTogether<string, string, string>({
    lanes: ['a'],
    atOnce: 2,
    answer: async (_lane, questions) => {
      seen.push(`asked ${questions.join()}`)
      return questions.map((question) => () => {
        seen.push(`read ${question}`)
        if (question === 'b') throw new RangeError('no')
        return question
      })
    },
  })
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((question) => asked.ask(question)))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(seen).toEqual(['asked a,b', 'asked c', 'read a', 'read b', 'read c'])
})
