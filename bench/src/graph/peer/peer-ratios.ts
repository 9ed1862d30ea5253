import type { OurFigures } from '../graph-bench.ts'
import type { Step } from './graph-peer.ts'
import type { PeerFigures } from './peer-bench.ts'

/** How many times as long as ours the peer takes. */
export type PeerRatios = Readonly<Record<Step, number>>

/** Our `check` reads, binds and types every model: it is what both the peer's parsing and its compiling are held against. */
export function ratiosTo(theirs: Readonly<Record<Step, number>>, ours: OurFigures): PeerRatios {
  const round = (ratio: number): number => Number(ratio.toFixed(1))
  return {
    checkCold: round(theirs.checkCold / ours.checkCold),
    checkWarm: round(theirs.checkWarm / ours.checkWarm),
    compile: round(theirs.compile / ours.checkCold),
    full: round(theirs.full / ours.full.seconds),
    nothing: round(theirs.nothing / ours.nothing.seconds),
    planAfterEdit: round(theirs.planAfterEdit / ours.planAfterEdit),
    edit: round(theirs.edit / ours.edit.seconds),
    environment: round(theirs.environment / ours.environment.seconds),
  }
}

export function peerLines({ peer, seconds, ratios, peakMb, differing }: PeerFigures & { readonly ratios: PeerRatios }): string[] {
  const told = (step: Step): string => `${seconds[step].toFixed(2)} s (× ${ratios[step]})`
  return [
    `${peer}, and how many times as long as ours`,
    `  check: cold ${told('checkCold')}, warm ${told('checkWarm')}; compile ${told('compile')}; plan after one edit ${told('planAfterEdit')}`,
    `  run: all ${told('full')}, nothing ${told('nothing')}; one edit ${told('edit')}, a new environment ${told('environment')}`,
    `  peak ${peakMb} MB; tables that differ: ${differing}`,
  ]
}
