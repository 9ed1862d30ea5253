/** Cases that the fuzzer once found and made small, of real faults and of planted ones: each must stay right. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { caseFromJson, type CaseJson, caseToJson, printCase } from './testing/case-file.ts'
import { Judge } from './testing/judge-case.ts'

const CORPUS = new URL('../../../testing/corpus/live/', import.meta.url)
const kept = readdirSync(fileURLToPath(CORPUS)).filter((name) => name.endsWith('.json'))

function read(name: string): { text: string; json: CaseJson } {
  const text = readFileSync(new URL(name, CORPUS), 'utf8')
  return { text, json: JSON.parse(text) as CaseJson }
}

it.for(kept)('law 3: what was wrong once stays right, in %s', async (name) => {
  const judge = new Judge()
  try {
    const { queries, refused, unanswered, difference } = await judge.judge(caseFromJson(read(name).json))
    expect({ refused, unanswered, difference }).toEqual({ refused: [], unanswered: [], difference: null })
    expect(queries).toBeGreaterThan(0)
  } finally {
    judge.close()
  }
})

it.for(kept)('%s is written as the fuzzer writes it, so that reading and writing lose nothing', (name) => {
  const { text, json } = read(name)
  expect(printCase(caseToJson(caseFromJson(json), json.about))).toBe(text)
})
