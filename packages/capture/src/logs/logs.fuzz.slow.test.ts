/**
 * Random histories of a log: lines whole and in pieces, rotation by rename, by copy and truncate, compression,
 * stops and failing commits in between. Every line that was written is in the stream once, whatever the history.
 */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { LogWriter } from '@millrace/core'
import type { Store } from '@millrace/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LogsRig } from './fixtures/logs-rig.ts'

const STEPS = ['lines', 'lines', 'piece', 'rename', 'copy', 'compress', 'stop', 'start', 'break', 'rest'] as const

const step = fc.record({ kind: fc.constantFrom(...STEPS), count: fc.integer({ min: 1, max: 30 }) })

class BreakableWriter implements LogWriter {
  breakAfter = Infinity
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async commit(set: Parameters<LogWriter['commit']>[0]): ReturnType<LogWriter['commit']> {
    this.breakAfter -= 1
    if (this.breakAfter < 0) throw new Error('killed')
    const committed = await this.#store.commit(set)
    if (this.breakAfter === 0) throw new Error('killed')
    return committed
  }
}

/** The log as a program and its logrotate see it. */
class Log {
  readonly written: string[] = []
  readonly #rig: LogsRig
  #next = 1
  #piece = ''
  /** `a.log.1` is the newest rotated file. */
  #rotated: string[] = []

  constructor(rig: LogsRig) {
    this.#rig = rig
  }

  lines(count: number): void {
    for (let line = 0; line < count; line += 1) {
      const text = `${this.#piece}line ${this.#next} ${'x'.repeat(this.#next % 90)}`
      appendFileSync(this.#rig.path('a.log'), `${text.slice(this.#piece.length)}\n`)
      this.written.push(text)
      this.#piece = ''
      this.#next += 1
    }
  }

  piece(): void {
    appendFileSync(this.#rig.path('a.log'), 'piece ')
    this.#piece += 'piece '
  }

  rename(): void {
    if (!this.#isThere()) return
    const name = `a.log.${this.#next}.${this.#rotated.length}`
    renameSync(this.#rig.path('a.log'), this.#rig.path(name))
    this.#rotated.push(name)
  }

  copy(): void {
    if (!this.#isThere()) return
    const name = `a.log.${this.#next}.${this.#rotated.length}`
    copyFileSync(this.#rig.path('a.log'), this.#rig.path(name))
    truncateSync(this.#rig.path('a.log'))
    this.#rotated.push(name)
  }

  /** As logrotate does it: not the file that was rotated last, but the one before. */
  compress(): void {
    const name = this.#rotated.at(-2)
    if (name === undefined || name.endsWith('.gz')) return
    writeFileSync(this.#rig.path(`${name}.gz`), gzipSync(readFileSync(this.#rig.path(name))))
    utimesSync(this.#rig.path(`${name}.gz`), 1_700_000_000, 1_700_000_000)
    rmSync(this.#rig.path(name))
    this.#rotated = this.#rotated.map((each) => (each === name ? `${name}.gz` : each))
  }

  /** A rotation comes at the end of a line. */
  #isThere(): boolean {
    if (this.#piece !== '') this.lines(1)
    return existsSync(this.#rig.path('a.log')) && readFileSync(this.#rig.path('a.log')).length > 0
  }
}

async function run(steps: readonly { kind: (typeof STEPS)[number]; count: number }[]): Promise<void> {
  let writer: BreakableWriter | undefined
  const rig = new LogsRig({ files: 'log/a.log*' }, { writer: (store) => (writer = new BreakableWriter(store)), rotatedMsMax: 60 })
  const log = new Log(rig)
  let runs = true
  const halt = async (): Promise<void> => {
    await rig.stop()
    runs = false
  }
  try {
    await rig.start()
    for (const { kind, count } of steps) {
      if (kind === 'lines') log.lines(count)
      else if (kind === 'piece') log.piece()
      else if (kind === 'rename') log.rename()
      else if (kind === 'copy') log.copy()
      else if (kind === 'compress') log.compress()
      else if (kind === 'stop') await halt()
      else if (kind === 'rest' && runs) await rig.polls(1)
      else if (kind === 'break' && runs) {
        ;(writer as BreakableWriter).breakAfter = count % 3
        log.lines(1)
        await Promise.race([rig.failure(), sleep(200)])
        await halt()
      } else if (!runs) {
        await rig.start()
        runs = true
      }
    }
    log.lines(1)
    if (!runs) await rig.start()
    await rig.until(() => rig.texts().length >= log.written.length)
    await rig.polls(3)
    expect(rig.texts().toSorted()).toEqual(log.written.toSorted())
  } finally {
    await rig.close()
  }
}

test('after any history of writing, rotating, compressing and failing, every line is there once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), run), { numRuns: 25, endOnFailure: true })
})
