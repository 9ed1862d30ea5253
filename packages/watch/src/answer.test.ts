import { expect, test } from 'vitest'
import { answerOf, type ProofSummary } from './answer.ts'
import type { Report } from './report.ts'
import type { Verdict } from './verdict.ts'

function report(kind: Report['kind'], name: string, verdict: Verdict, evidence: Report['evidence'] = {}): Report {
  return {
    kind,
    name,
    verdict,
    evidence,
    sentence: `Sentence of ${name}.`,
    blame: null,
    sinceMs: 0,
    phase: 'running',
    changes: 0,
    rate: { perSecond1: 0, perSecond10: 0, perSecond60: 0 },
    lag: { nowMs: null, p50Ms: null, p99Ms: null },
    backlog: 0,
    lastChangeMs: null,
    lastContactMs: null,
    spark: [],
    error: null,
  }
}

const equal: ProofSummary = { model: 'order_totals', verdict: 'equal', cut: 812, differentRows: 0 }
const well = [report('source', 'shop', 'quiet'), report('model', 'order_totals', 'flowing'), report('delivery', 'crm', 'flowing')]

test('all well and proven can be trusted', () => {
  expect(answerOf(well, [equal])).toMatchObject({ trust: 'yes', headline: 'Everything agrees' })
})

test('a proof that differs is worse than anything else', () => {
  const answer = answerOf([report('source', 'shop', 'dead'), ...well], [{ ...equal, verdict: 'different', differentRows: 3 }])
  expect(answer).toMatchObject({ trust: 'no', headline: 'order_totals does not agree' })
  expect(answer.sentence).toContain('3 rows')
})

test('a dead source speaks before a stalled delivery', () => {
  const answer = answerOf([report('delivery', 'crm', 'stalled'), report('source', 'shop', 'dead')], [equal])
  expect(answer).toEqual({ trust: 'no', headline: 'The source shop is dead', sentence: 'Sentence of shop.' })
})

test('a stream that is not what its source holds is a no before all else: its models agree on something wrong', () => {
  const copy = { stream: 'shop.orders', verdict: 'different', place: '0/16B3748', differentRows: 1 } as const
  expect(answerOf(well, [equal], { copies: [copy] })).toMatchObject({ trust: 'no', headline: 'shop.orders is not what its source holds' })
  expect(answerOf(well, [equal], { copies: [{ ...copy, verdict: 'equal', differentRows: 0 }] }).trust).toBe('yes')
})

test('changes that a source has set aside are a no, because the answer lacks them', () => {
  expect(answerOf([...well, report('source', 'crm', 'flowing', { parked: 1 })], [equal])).toMatchObject({
    trust: 'no',
    headline: 'Not all of crm could be taken',
    sentence: expect.stringMatching(/^1 change is set aside.*`millrace parked`/),
  })
})

test('parked changes are a no, because somebody was not told', () => {
  expect(answerOf([...well, report('delivery', 'mail', 'quiet', { parked: 2 })], [equal])).toMatchObject({
    trust: 'no',
    headline: 'mail has not been told everything',
  })
})

test('catching up, unknown and unproven are neither yes nor no', () => {
  expect(answerOf([...well, report('source', 'other', 'lagging')], [equal]).trust).toBe('wait')
  expect(answerOf([...well, report('source', 'other', 'unknown')], [equal]).trust).toBe('wait')
  expect(answerOf(well, [{ ...equal, verdict: 'never', cut: null }]).trust).toBe('wait')
  expect(answerOf([], []).trust).toBe('wait')
})

test('two sides that were both empty have proven nothing', () => {
  expect(answerOf(well, [{ ...equal, cut: 0 }]).trust).toBe('wait')
})

test('a proof that runs again does not take back the last one', () => {
  expect(answerOf(well, [{ ...equal, verdict: 'running' }]).trust).toBe('yes')
})

test('a schedule that failed or will be late is told once nothing worse is', () => {
  const late = { name: 'hourly', what: 'will be late', sentence: 'It ends too late.' } as const
  const failed = { name: 'nightly', what: 'failed', sentence: 'See `millrace runs 7`.' } as const
  expect(answerOf(well, [equal], { schedules: [late] })).toMatchObject({ trust: 'wait', headline: 'The schedule hourly will be late' })
  expect(answerOf(well, [equal], { schedules: [late, failed] })).toEqual({
    trust: 'no',
    headline: 'The schedule nightly failed',
    sentence: 'See `millrace runs 7`.',
  })
  const dead = [report('source', 'shop', 'dead'), ...well]
  expect(answerOf(dead, [equal], { schedules: [failed] }).headline).toBe('The source shop is dead')
})
