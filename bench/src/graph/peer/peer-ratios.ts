import type { OurFigures } from '../graph-bench.ts'
import { STEPS, type Step } from './graph-peer.ts'
import type { PeerFigures } from './peer-bench.ts'

/** How many times as much as ours the peer takes: of time by the clock, and of processor time, which others on the machine do not change. */
export interface PeerRatios {
  readonly seconds: Readonly<Record<Step, number>>
  readonly cpuSeconds: Readonly<Record<Step, number>>
}

type Times = Readonly<Record<Step, number>>

/** Our `check` reads, binds and types every model: it is what both the peer's parsing and its compiling are held against. */
export function ratiosTo(theirs: PeerFigures, ours: OurFigures): PeerRatios {
  const seconds: Times = {
    checkCold: ours.checkCold,
    checkWarm: ours.checkWarm,
    compile: ours.checkCold,
    full: ours.full.seconds,
    nothing: ours.nothing.seconds,
    planAfterEdit: ours.planAfterEdit,
    edit: ours.edit.seconds,
    environment: ours.environment.seconds,
  }
  return { seconds: divide(theirs.seconds, seconds), cpuSeconds: divide(theirs.cpuSeconds, ours.cpuSeconds) }
}

function divide(theirs: Times, ours: Times): Times {
  return Object.fromEntries(STEPS.map((step) => [step, Number((theirs[step] / ours[step]).toFixed(1))])) as Record<Step, number>
}

export function peerLines({ peer, seconds, ratios, peakMb, differing }: PeerFigures & { readonly ratios: PeerRatios }): string[] {
  const told = (step: Step): string => `${seconds[step].toFixed(2)} s (× ${ratios.seconds[step]}, × ${ratios.cpuSeconds[step]})`
  return [
    `${peer}, and how many times as much as ours: by the clock, of processor time`,
    `  check: cold ${told('checkCold')}, warm ${told('checkWarm')}; compile ${told('compile')}; plan after one edit ${told('planAfterEdit')}`,
    `  run: all ${told('full')}, nothing ${told('nothing')}; one edit ${told('edit')}, a new environment ${told('environment')}`,
    `  peak ${peakMb} MB; tables that differ: ${differing}`,
  ]
}
