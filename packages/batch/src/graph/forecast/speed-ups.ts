/**
 * What to speed up first. Not what takes longest: a slow model beside the critical path shortens no run, and
 * behind the one path may stand another that is hardly shorter. So each candidate is made twice as fast and
 * the run is simulated again.
 */
import { criticalPath } from '../run/critical-path.ts'
import { Simulation, type SimulatedRun } from './simulate-run.ts'

export interface SpeedUp {
  readonly name: string
  readonly seconds: number
  /** By how much sooner the run ends if this one takes half as long. */
  readonly savesSeconds: number
}

/** Each is a simulation of the whole run. */
const CANDIDATES_LIMIT = 24
const TOLD_LIMIT = 5
/** Of the run's seconds; less than this is nothing that anybody would notice. */
const WORTH_TELLING = 0.01

/** The best first. */
export function speedUps(run: SimulatedRun): SpeedUp[] {
  const simulation = new Simulation(run)
  const before = simulation.seconds()
  const secondsOf = (name: string): number => run.steps.get(name)?.seconds ?? 0
  const longest = (names: Iterable<string>): string[] => [...names].sort((one, other) => secondsOf(other) - secondsOf(one))
  const onPath = longest(criticalPath(run.steps)).slice(0, CANDIDATES_LIMIT / 2)
  const candidates = [...new Set([...onPath, ...longest(run.steps.keys())])].slice(0, CANDIDATES_LIMIT)
  return candidates
    .map((name) => ({ name, seconds: secondsOf(name), savesSeconds: before - simulation.seconds({ name, seconds: secondsOf(name) / 2 }) }))
    .filter(({ savesSeconds }) => savesSeconds > before * WORTH_TELLING)
    .sort((one, other) => other.savesSeconds - one.savesSeconds)
    .slice(0, TOLD_LIMIT)
}
