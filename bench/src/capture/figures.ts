import { median } from '../spine/median.ts'
import type { LifeResult } from './life.ts'

export type Figures = Readonly<Record<string, number>>

export function perSecond(lives: readonly LifeResult[]): number {
  return Math.round(median(lives.map(({ changes, seconds }) => changes / seconds)))
}

export function cpuSecondsPerMillion(lives: readonly LifeResult[]): number {
  return rounded(median(lives.map(({ changes, cpuSeconds }) => (cpuSeconds * 1e6) / changes)))
}

/** The median of the rounds' own ratios: what slowed one round down struck both sides of it. */
export function ratio(over: readonly LifeResult[], under: readonly LifeResult[], of: (life: LifeResult) => number): number {
  return rounded(median(over.map((life, round) => of(life) / of(under[round] ?? life))))
}

export const speedOf = ({ changes, seconds }: LifeResult): number => changes / seconds
export const cpuCostOf = ({ changes, cpuSeconds }: LifeResult): number => cpuSeconds / changes

export function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
