/**
 * What the runner owes the store: each commit carries the position, the rows of the folds that are due and what
 * the models told, together (law 1). What is too large for one commit is staged before it: what the models tell in
 * tails that nobody sees until that commit shows them, the rows of folds beside those that are saved (staged-rows.ts).
 */
import type { Clock, Random } from '@millrace/base'
import type { Append, LogReader, LogWriter, StateChange, StreamDefinition } from '@millrace/core'
import { unshownRows } from '../fold/staged-rows.ts'
import type { RunningUnits } from './running-units.ts'
import { CommitLane } from './commit-lane.ts'
import type { FoldSet } from './fold-set.ts'
import { type Lane, lanesOf } from './lanes.ts'
import { asSourceProgress, type LiveProgress, readProgress } from './live-progress.ts'
import type { StatusBoard } from './status-board.ts'

/** No source can be named so: a source's own tails have its name before the slash. */
const TAILS = 'live:/'

export interface LedgerParts {
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly folds: FoldSet
  readonly running: RunningUnits
  readonly status: StatusBoard
}

/** What a commit carries beside the position and the folds' rows. */
export interface Told {
  readonly streams?: readonly StreamDefinition[]
  readonly appends?: readonly Append[]
  /** Models whose staged output becomes visible. */
  readonly shown?: readonly string[]
  readonly texts?: StateChange
  /** Also what is not due yet. */
  readonly saveAll?: boolean
}

export class LiveLedger {
  readonly commits: CommitLane
  readonly #parts: LedgerParts
  #progress: LiveProgress = { cut: 0, folds: {}, models: {} }
  /** What a process before this one staged and did not show goes with the first commit. */
  #mayHoldTails = true
  /** A lane is on its way to a cut, in slices: the other one must not join it where it was. */
  isWithinStep = false

  constructor(parts: LedgerParts) {
    this.#parts = parts
    this.commits = new CommitLane(parts)
  }

  get progress(): LiveProgress {
    return this.#progress
  }

  /** The cut that all models reflect. */
  get cut(): number {
    const { cut, apart } = this.#progress
    return Math.min(cut, apart?.cut ?? cut)
  }

  get lanes(): readonly Lane[] {
    return lanesOf(this.#progress)
  }

  /** The cut that what reads a stream reflects. */
  cutOf(stream: string): number {
    return (this.lanes.find((lane) => lane.has(stream)) as Lane).cut
  }

  /** Reads where the store is. `models`: by name and fingerprint what is published of them. */
  begin(published: (saved: LiveProgress) => LiveProgress['models']): LiveProgress {
    const saved = readProgress(this.#parts.reader)
    this.#progress = { ...saved, models: published(saved) }
    return saved
  }

  publish(models: LiveProgress['models']): void {
    this.#progress = { ...this.#progress, models }
  }

  /** From here on what these names stand for, streams and models, moves by itself. */
  part(names: ReadonlySet<string>): void {
    this.#progress = { ...this.#progress, apart: { cut: this.#progress.cut, names: [...names] } }
  }

  /** Told only when the models are there: whoever observes it takes it for what they reflect. */
  reached(lane: Lane, cut: number): void {
    const { apart, ...whole } = this.#progress
    if (apart === undefined || !lane.isApart) this.#progress = { ...this.#progress, cut }
    else this.#progress = { ...whole, apart: { ...apart, cut } }
    if (!this.isWithinStep && this.#progress.cut === this.#progress.apart?.cut) this.#progress = { ...whole, cut }
  }

  /** Keeps a part of a model's output for the commit that shows it. */
  async stage(appends: readonly Append[], signal: AbortSignal): Promise<void> {
    const staged = appends.map((append) => ({ ...append, tail: tailOf(append.stream) }))
    await this.commits.push({ appends: staged, ...this.#discarded() }, signal)
  }

  /** Writes rows of the folds that are within a step for the commit that ends it; false where few wait to be saved. */
  async stageRows(rowsLeast: number, signal: AbortSignal): Promise<boolean> {
    const state = this.#parts.folds.stage(rowsLeast)
    if (state === null) return false
    await this.commits.push({ state, ...this.#discarded() }, signal)
    return true
  }

  /** Takes away the rows that a process before this one staged and did not show; to be called before any are read. */
  async dropStagedRows(signal: AbortSignal): Promise<void> {
    const state = unshownRows(this.#parts.reader)
    if (state === null) return
    await this.commits.push({ state, ...this.#discarded() }, signal)
    await this.commits.settled()
  }

  async commit({ streams = [], appends = [], shown = [], texts, saveAll = false }: Told, signal: AbortSignal | null): Promise<void> {
    const { folds, running, status, clock } = this.#parts
    const rows = folds.save(clock.monotonicMs(), saveAll)
    const state = texts === undefined ? rows : { ...rows, put: [...(rows?.put ?? []), ...(texts.put ?? [])] }
    const saved = { ...this.#progress.folds, ...folds.describe() }
    for (const stream of folds.takeRetired()) delete saved[stream]
    this.#progress = { ...this.#progress, folds: saved }
    const show = shown.map((model) => ({ tail: tailOf(model) }))
    const set = { streams, appends, show, progress: asSourceProgress(this.#progress), ...this.#discarded() }
    await this.commits.push(state === null ? set : { ...set, state }, signal)
    for (const { model, stateSize } of running.all) status.holds(model.name, stateSize)
  }

  #discarded(): { readonly discard?: readonly string[] } {
    if (!this.#mayHoldTails) return {}
    this.#mayHoldTails = false
    return { discard: [TAILS] }
  }

  /** What was staged and not shown is of no use to whoever begins anew. */
  forget(): void {
    this.#mayHoldTails = true
    this.isWithinStep = false
  }
}

function tailOf(model: string): string {
  return `${TAILS}${model}`
}
