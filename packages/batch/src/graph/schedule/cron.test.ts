import { expect, test } from 'vitest'
import { nextCron, readCron } from './cron.ts'
import { Zone } from './zone-time.ts'

function next(text: string, after: string, { zone = 'UTC', count = 1 }: { zone?: string; count?: number } = {}): string[] {
  const times = readCron(text)
  if (typeof times === 'string') throw new Error(times)
  const found: string[] = []
  let atMs: number | null = Date.parse(after)
  while (found.length < count && (atMs = nextCron(times, new Zone(zone), atMs)) !== null)
    found.push(new Date(atMs).toISOString().slice(0, 16))
  return found
}

test.each([
  ['30 2 * * *', '2026-05-01T02:30Z', ['2026-05-02T02:30', '2026-05-03T02:30']],
  [
    '*/20 9-10 * * *',
    '2026-05-01T09:25Z',
    ['2026-05-01T09:40', '2026-05-01T10:00', '2026-05-01T10:20', '2026-05-01T10:40', '2026-05-02T09:00'],
  ],
  ['0 6 * * mon-fri', '2026-05-01T06:00Z', ['2026-05-04T06:00', '2026-05-05T06:00']],
  ['0 0 1 * *', '2026-12-15T00:00Z', ['2027-01-01T00:00', '2027-02-01T00:00']],
  ['15 4 31 * *', '2026-01-31T04:15Z', ['2026-03-31T04:15', '2026-05-31T04:15']],
  ['0 0 29 feb *', '2026-01-01T00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
  ['0 12 13 * 5', '2026-11-01T00:00Z', ['2026-11-06T12:00', '2026-11-13T12:00', '2026-11-20T12:00']],
  ['0 0 * * 7', '2026-05-01T00:00Z', ['2026-05-03T00:00']],
  ['5,10/25 0 * jan *', '2026-01-01T00:00Z', ['2026-01-01T00:05', '2026-01-01T00:10', '2026-01-01T00:35', '2026-01-02T00:05']],
])('%s after %s', (text, after, expected) => {
  expect(next(text, after, { count: expected.length })).toEqual(expected)
})

test('half past two is once a day, also on the day that has none and on the day that has two', () => {
  const zone = 'Europe/Berlin'
  expect(next('30 2 * * *', '2026-03-28T00:00Z', { zone, count: 3 })).toEqual(['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30'])
  expect(next('30 2 * * *', '2026-10-24T00:00Z', { zone, count: 3 })).toEqual(['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'])
})

test('what is due each half hour is due each half hour that passes, whatever the clock does', () => {
  const zone = 'Europe/Berlin'
  const half = (from: string): string[] => next('*/30 * * * *', from, { zone, count: 5 })
  expect(half('2026-03-29T00:15Z')).toEqual([
    '2026-03-29T00:30',
    '2026-03-29T01:00',
    '2026-03-29T01:30',
    '2026-03-29T02:00',
    '2026-03-29T02:30',
  ])
  expect(half('2026-10-25T00:15Z')).toEqual([
    '2026-10-25T00:30',
    '2026-10-25T01:00',
    '2026-10-25T01:30',
    '2026-10-25T02:00',
    '2026-10-25T02:30',
  ])
})

test('over a year every day is due once, in a zone with changes', () => {
  const days = next('30 1 * * *', '2026-01-01T12:00Z', { zone: 'America/New_York', count: 365 })
  expect(new Set(days.map((day) => day.slice(0, 10))).size).toBe(365)
})

test.each([
  ['30 2 * *', 'fields'],
  ['60 2 * * *', "'60' is no minute"],
  ['0 5-2 * * *', "'5-2' is no hour"],
  ['0 2 * * someday', "'someday' is no day of the week"],
  ['*/0 * * * *', "'*/0' is no minute"],
  ['0 0 31 feb *', 'no such day'],
])('%s is refused', (text, problem) => {
  expect(readCron(text)).toContain(problem)
})
