import type { ChangeRecord, Snapshot } from '@millrace/serve/api'
import { expect, test } from 'vitest'
import { CHANGES_LIMIT, type FeedState, feedReducer, identityOf, NOTHING_YET } from './feed-state.ts'

function change(position: number): ChangeRecord {
  return {
    stream: 'shop.orders',
    partition: 0,
    position,
    cut: position,
    operation: 'insert',
    transaction: position,
    committedMs: 0,
    loggedMs: 0,
    key: [],
    before: null,
    after: {},
  }
}

function snapshot(cut: number, changes: readonly ChangeRecord[]): Snapshot {
  const answer = { trust: 'yes', headline: '', sentence: '' } as const
  return {
    overview: { project: 'shop', version: '', nowMs: 0, startedMs: 0, cut, answer, proofs: [], copies: [] },
    graph: { nodes: [], edges: [] },
    latest: { cut, changes },
  }
}

function told(state: FeedState, cut: number, positions: readonly number[], monotonicMs = 0): FeedState {
  return feedReducer(state, { type: 'snapshot', snapshot: snapshot(cut, positions.map(change)), monotonicMs })
}

const shown = (state: FeedState): readonly string[] => state.changes.map(identityOf)

test('law 5: a change that is told twice is shown once, the newest first', () => {
  const state = told(told(NOTHING_YET, 3, [1, 2, 3]), 4, [3, 4])
  expect(shown(state)).toEqual(['shop.orders/0/4', 'shop.orders/0/3', 'shop.orders/0/2', 'shop.orders/0/1'])
})

test('law 8: only the newest changes are kept', () => {
  let state = NOTHING_YET
  for (let cut = 1; cut <= 50; cut += 1)
    state = told(
      state,
      cut * 10,
      Array.from({ length: 10 }, (_, at) => cut * 10 + at),
    )
  expect(state.changes).toHaveLength(CHANGES_LIMIT)
  expect(state.changes[0]?.position).toBe(509)
})

test('a log that went back is another log: nothing of the old one stays', () => {
  expect(shown(told(told(NOTHING_YET, 90, [90]), 2, [2]))).toEqual(['shop.orders/0/2'])
})

test('law 6: an open feed without a word counts as lost, and its last data stay', () => {
  const live = told(NOTHING_YET, 1, [1], 1000)
  expect(feedReducer(live, { type: 'second', monotonicMs: 4000 }).connection).toBe('live')
  const lost = feedReducer(live, { type: 'second', monotonicMs: 5001 })
  expect(lost).toMatchObject({ connection: 'reconnecting', snapshot: live.snapshot, changes: live.changes })
  expect(told(lost, 2, [2], 6000).connection).toBe('live')
})

test('a page that has heard nothing yet is connecting, not reconnecting', () => {
  expect(feedReducer(NOTHING_YET, { type: 'lost' }).connection).toBe('connecting')
})
