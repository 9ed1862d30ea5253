import { expect, test } from 'vitest'
import { Zone } from './zone-time.ts'

const BERLIN = new Zone('Europe/Berlin')
const iso = (atMs: number): string => new Date(atMs).toISOString()
const at = (text: string): { year: number; month: number; day: number; hour: number; minute: number } => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/\D/).map(Number)
  return { year, month, day, hour, minute }
}

test('a wall clock shows most times once, some never and some twice', () => {
  expect(BERLIN.instantsOf(at('2026-01-15 02:30')).map(iso)).toEqual(['2026-01-15T01:30:00.000Z'])
  expect(BERLIN.instantsOf(at('2026-03-29 02:30'))).toEqual([])
  expect(BERLIN.instantsOf(at('2026-10-25 02:30')).map(iso)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'])
})

test('a time that is left out stands for the instant at which the clock is put forward', () => {
  expect(iso(BERLIN.firstInstant(at('2026-03-29 02:30')))).toBe('2026-03-29T01:00:00.000Z')
  // Half an hour of change, at two in the morning.
  expect(iso(new Zone('Australia/Lord_Howe').firstInstant(at('2026-10-04 02:15')))).toBe('2026-10-03T15:30:00.000Z')
})

test('a day that is left out stands for the instant at which it is', () => {
  expect(iso(new Zone('Pacific/Apia').firstInstant(at('2011-12-30 12:00')))).toBe('2011-12-30T10:00:00.000Z')
})

test('what the clock shows at an instant is read back to it', () => {
  for (const zone of ['UTC', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'America/New_York']) {
    const place = new Zone(zone)
    for (let month = 0; month < 12; month += 1) {
      const instant = Date.UTC(2026, month, 17, 11, 7)
      expect(place.instantsOf(place.wallTime(instant))).toContain(instant)
    }
  }
})

test('a zone that does not exist is refused', () => {
  expect(() => new Zone('Europe/Atlantis')).toThrow(RangeError)
})
