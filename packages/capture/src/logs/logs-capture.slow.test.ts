import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { LogsSource } from '@millrace/core'
import { afterEach, expect, test } from 'vitest'
import { startChild } from '../files/fixtures/child.ts'
import { LogsRig, type LogsRigOptions } from './fixtures/logs-rig.ts'

const rigs: LogsRig[] = []

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

function rigWith(config: Partial<LogsSource> = {}, options: LogsRigOptions = {}): LogsRig {
  const rig = new LogsRig(config, options)
  rigs.push(rig)
  return rig
}

/** Lines that no two logs share, as the times in real ones see to. */
const lines = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}\n`).join('')
const expected = (to: number): string[] => lines(1, to).trim().split('\n')

test('lines are read as they are written; a line that is half written waits for its end', async () => {
  const rig = rigWith()
  writeFileSync(rig.path('a.log'), `${lines(1, 2)}line`)
  await rig.start()
  await rig.until(() => rig.texts().length === 2)
  await rig.polls(3)
  expect(rig.texts()).toEqual(expected(2))
  expect(rig.observation.evidence['filesHolding']).toBe(1)
  appendFileSync(rig.path('a.log'), ' 3\nline 4\n')
  await rig.until(() => rig.texts().length === 4)
  expect(rig.texts()).toEqual(expected(4))
  expect(rig.changes().map(({ after }) => [after[1], after[2]])).toEqual([
    [rig.path('a.log'), 0],
    [rig.path('a.log'), 7],
    [rig.path('a.log'), 14],
    [rig.path('a.log'), 21],
  ])
})

test('rotation by rename: what is written to the old file after it is read, before the new one', async () => {
  const rig = rigWith()
  writeFileSync(rig.path('a.log'), lines(1, 2))
  await rig.start()
  await rig.until(() => rig.texts().length === 2)
  renameSync(rig.path('a.log'), rig.path('a.log.1'))
  appendFileSync(rig.path('a.log.1'), lines(3, 4))
  writeFileSync(rig.path('a.log'), lines(5, 6))
  await rig.until(() => rig.texts().length === 6)
  expect(rig.texts()).toEqual(expected(6))
  await rig.until(() => rig.observation.evidence['filesRotated'] === 0)
})

test('rotation by rename while nobody watches: the old file is found beside its name', async () => {
  const rig = rigWith()
  writeFileSync(rig.path('a.log'), lines(1, 2))
  await rig.start()
  await rig.until(() => rig.texts().length === 2)
  await rig.stop()
  appendFileSync(rig.path('a.log'), lines(3, 3))
  renameSync(rig.path('a.log'), rig.path('a.log.1'))
  writeFileSync(rig.path('a.log'), lines(4, 4))
  await rig.start()
  await rig.until(() => rig.texts().length === 4)
  expect(rig.texts()).toEqual(expected(4))
})

test('rotation by copy and truncate: the rest is read from the copy, and nothing twice', async () => {
  const rig = rigWith({ files: 'log/a.log*' })
  writeFileSync(rig.path('a.log'), lines(1, 3))
  await rig.start()
  await rig.until(() => rig.texts().length === 3)
  copyFileSync(rig.path('a.log'), rig.path('a.log.1'))
  await rig.polls(3)
  expect(rig.texts()).toEqual(expected(3))
  truncateSync(rig.path('a.log'))
  appendFileSync(rig.path('a.log'), lines(4, 5))
  await rig.until(() => rig.texts().length === 5)
  await rig.polls(3)
  expect(rig.texts()).toEqual(expected(5))
  await rig.stop()
  // The same while nobody watches: lines 6 and 7 are in the copy alone.
  appendFileSync(rig.path('a.log'), lines(6, 7))
  copyFileSync(rig.path('a.log'), rig.path('a.log.2'))
  truncateSync(rig.path('a.log'))
  appendFileSync(rig.path('a.log'), lines(8, 8))
  await rig.start()
  await rig.until(() => rig.texts().length === 8)
  await rig.polls(3)
  expect(rig.texts().toSorted()).toEqual(expected(8).toSorted())
})

test('two logs that begin alike are two logs', async () => {
  const rig = rigWith()
  const banner = '# the same banner in each file\n'.repeat(50)
  writeFileSync(rig.path('a.log'), `${banner}line 1\n`)
  await rig.start()
  await rig.until(() => rig.texts().includes('line 1'))
  writeFileSync(rig.path('b.log'), `${banner}line 2\nline 3\n`)
  await rig.until(() => rig.texts().includes('line 3'))
  await rig.polls(2)
  expect(rig.texts()).toHaveLength(103)
})

test('truncation in place, to something shorter or to something longer, is a new file', async () => {
  const rig = rigWith()
  writeFileSync(rig.path('a.log'), lines(1, 3))
  await rig.start()
  await rig.until(() => rig.texts().length === 3)
  writeFileSync(rig.path('a.log'), 'short\n')
  await rig.until(() => rig.texts().length === 4)
  writeFileSync(rig.path('a.log'), lines(10, 15))
  await rig.until(() => rig.texts().length === 10)
  expect(rig.texts()).toEqual([...expected(3), 'short', ...lines(10, 15).trim().split('\n')])
})

test('a file that is deleted is read to its end, its last line too', async () => {
  const rig = rigWith({}, { rotatedMsMax: 200 })
  writeFileSync(rig.path('a.log'), lines(1, 1))
  await rig.start()
  await rig.until(() => rig.texts().length === 1)
  appendFileSync(rig.path('a.log'), 'line 2\nthe end')
  rmSync(rig.path('a.log'))
  await rig.until(() => rig.texts().length === 3)
  expect(rig.texts()).toEqual(['line 1', 'line 2', 'the end'])
})

test('a rotated file that is compressed is not read twice, and what was not read of it is', async () => {
  const rig = rigWith({ files: 'log/a.log*' })
  writeFileSync(rig.path('a.log'), lines(1, 3))
  await rig.start()
  await rig.until(() => rig.texts().length === 3)
  await rig.stop()
  const whole = readFileSync(rig.path('a.log'), 'utf8') + lines(4, 4)
  rmSync(rig.path('a.log'))
  writeFileSync(rig.path('a.log.1.gz'), gzipSync(whole))
  utimesSync(rig.path('a.log.1.gz'), 1_700_000_000, 1_700_000_000)
  writeFileSync(rig.path('a.log'), lines(5, 5))
  await rig.start()
  await rig.until(() => rig.texts().length === 5)
  await rig.polls(3)
  expect(rig.texts().toSorted()).toEqual(expected(5))
  renameSync(rig.path('a.log.1.gz'), rig.path('a.log.2.gz'))
  await rig.stop()
  await rig.start()
  await rig.polls(4)
  expect(rig.texts().toSorted()).toEqual(expected(5))
})

test('an old compressed log that was never seen is read once', async () => {
  const rig = rigWith({ files: 'log/*' })
  writeFileSync(rig.path('old.gz'), gzipSync(lines(1, 3)))
  utimesSync(rig.path('old.gz'), 1_700_000_000, 1_700_000_000)
  await rig.start()
  await rig.until(() => rig.texts().length === 3)
  await rig.polls(3)
  await rig.stop()
  await rig.start()
  await rig.polls(3)
  expect(rig.texts()).toEqual(expected(3))
})

test('records of several lines are one row; the last is complete when nothing follows', async () => {
  const rig = rigWith({ multiline: { start: '^\\d{4}-', waitMs: 150 } })
  writeFileSync(rig.path('a.log'), '2026-01-01 first\n  at one\n  at two\n2026-01-02 second\n')
  await rig.start()
  await rig.until(() => rig.texts().length === 1)
  expect(rig.texts()).toEqual(['2026-01-01 first\n  at one\n  at two'])
  appendFileSync(rig.path('a.log'), '  at three\n')
  await rig.until(() => rig.texts().length === 2)
  expect(rig.texts()[1]).toBe('2026-01-02 second\n  at three')
})

test('a pattern with typed groups; what does not fit is parked with its place, in the commit of its neighbours', async () => {
  const rig = rigWith({
    format: {
      type: 'pattern',
      pattern: '(?<at>\\S+) (?<level>[A-Z]+) (?<ms>\\d+)(?: (?<message>.*))?',
      columns: { at: 'timestamptz', ms: 'int32' },
      time: 'at',
    },
  })
  writeFileSync(
    rig.path('a.log'),
    '2026-11-21T10:00:00.5Z INFO 12 hello\nnonsense\n2026-11-21T10:00:01Z WARN 99999999999\n2026-11-21T10:00:02Z WARN 3\n',
  )
  await rig.start()
  await rig.until(() => rig.texts().length === 2)
  expect(rig.changes().map(({ after, time, index }) => [...after.slice(1, 4), time, index])).toEqual([
    ['INFO', 12, 'hello', Date.parse('2026-11-21T10:00:00.500Z') * 1000, 0],
    ['WARN', 3, null, Date.parse('2026-11-21T10:00:02Z') * 1000, 3],
  ])
  expect(rig.parked().map(({ code, place, reason, index }) => [code, place.split('/').at(-1), reason, index])).toEqual([
    ['CAPTURE_LOG_RECORD', 'a.log, byte 37', 'It does not fit the pattern.', 1],
    ['CAPTURE_LOG_RECORD', 'a.log, byte 46', 'ms is no int32.', 2],
  ])
})

test('JSON records: exact numbers, typed members, whole records where none is declared', async () => {
  const typed = rigWith({
    format: { type: 'json', columns: { id: 'int64', price: 'decimal(20,4)', tags: 'json', note: { type: 'text', nullable: false } } },
  })
  writeFileSync(
    typed.path('a.log'),
    '{"id": 9007199254740993, "price": 1234567890123.4567, "tags": {"a": [12345678901234567890]}, "note": "x"}\n{"id": 1}\n[1]\n{"id"\n',
  )
  await typed.start()
  await typed.until(() => typed.changes().length === 1 && typed.parked().length === 3)
  expect(typed.changes()[0]?.after.slice(0, 4)).toEqual([9007199254740993n, 12345678901234567n, '{"a":[12345678901234567890]}', 'x'])
  expect(typed.parked().map(({ reason }) => reason)).toEqual(['note is missing.', 'It is not a JSON object.', 'It is not JSON.'])
  const whole = rigWith({ format: { type: 'json' } })
  writeFileSync(whole.path('a.log'), '{"a": 1.0}\n')
  await whole.start()
  await whole.until(() => whole.texts().length === 1)
  expect(whole.texts()).toEqual(['{"a": 1.0}'])
})

test('law 8: a record over the limit is parked with its beginning, and its neighbours flow on', async () => {
  const rig = rigWith({ recordBytesMax: 1000 })
  writeFileSync(rig.path('a.log'), `line 1\n${'x'.repeat(500_000)}\nline 2\n`)
  await rig.start()
  await rig.until(() => rig.texts().length === 2)
  expect(rig.texts()).toEqual(expected(2))
  expect(rig.parked().map(({ code, raw }) => [code, raw.length])).toEqual([['CAPTURE_LOG_RECORD_TOO_LONG', 1000]])
})

test('a source that starts at the end leaves out what was there, and only that', async () => {
  const rig = rigWith({ startAt: 'end' })
  writeFileSync(rig.path('a.log'), 'old 1\nold 2\n')
  await rig.start()
  await rig.polls(2)
  appendFileSync(rig.path('a.log'), lines(1, 1))
  writeFileSync(rig.path('b.log'), lines(2, 2))
  await rig.until(() => rig.texts().length === 2)
  expect(rig.texts().toSorted()).toEqual(expected(2))
})

test('law 6: how far it is behind is told in bytes', async () => {
  const rig = rigWith()
  await rig.start()
  await rig.polls(1)
  expect(rig.observation).toMatchObject({ phase: 'running', backlog: 0, evidence: { files: 0, bytesBehind: 0 } })
  writeFileSync(rig.path('a.log'), lines(1, 1))
  await rig.until(() => rig.texts().length === 1)
  await rig.polls(1)
  expect(rig.observation).toMatchObject({ changes: 1, evidence: { files: 1, bytesBehind: 0, newestFile: rig.path('a.log'), filesLost: 0 } })
})

test.each(['logs.before-commit:2', 'logs.after-commit:2', 'logs.after-commit:3', 'store.before-commit:5', 'store.after-commit:4'])(
  'laws 1 and 2: killed at %s amid rotation, every line is there once and in order',
  async (point) => {
    const rig = rigWith({ files: 'log/a.log*' })
    const child = startChild(new URL('fixtures/logs-process.ts', import.meta.url), [rig.folder, JSON.stringify(rig.config)], {
      MILLRACE_CRASH_AT: point,
    })
    const over = { is: false }
    void child.ended.then(() => (over.is = true))
    let written = 0
    for (let file = 0; !over.is || file < 3; file += 1) {
      for (let turn = 0; turn < 10; turn += 1) {
        appendFileSync(rig.path('a.log'), lines(written + 1, written + 50))
        written += 50
        await sleep(20)
      }
      renameSync(rig.path('a.log'), rig.path(`a.log.${file}`))
    }
    expect(await child.ended).toBe('SIGKILL')
    appendFileSync(rig.path('a.log'), lines(written + 1, written + 1))
    written += 1
    await rig.start()
    await rig.until(() => rig.texts().length >= 1 && rig.texts().at(-1) === `line ${written}`)
    await rig.polls(3)
    expect(rig.texts()).toEqual(expected(written))
  },
)
