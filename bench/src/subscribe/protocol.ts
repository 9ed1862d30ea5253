/** What the processes of this bench tell each other. Times are of the machine's monotonic clock, in milliseconds. */
export interface ServerOrder {
  /** `bare`: no Millrace, only sockets; the ceiling. */
  readonly mode: 'millrace' | 'bare'
  readonly rows: number
}

export type ToServer = { readonly kind: 'tick'; readonly tick: number } | { readonly kind: 'end' }

export type FromServer =
  | { readonly kind: 'ready'; readonly port: number }
  /** The commit of the tick in the log of its source is durable. */
  | { readonly kind: 'committed'; readonly tick: number; readonly atMs: number }

export interface SubscribersOrder {
  readonly port: number
  readonly subscribers: number
  readonly ticks: number
}

export type FromSubscribers =
  | { readonly kind: 'ready'; readonly tookMs: number }
  /** All of the process have the tick; sent in a batch at the end. */
  | { readonly kind: 'told'; readonly ticks: readonly TickTold[] }

export interface TickTold {
  readonly tick: number
  readonly told: number
  readonly lastMs: number
  readonly medianMs: number
}

export interface LookUpOrder {
  readonly port: number
  readonly rows: number
  readonly lookups: number
  readonly connections: number
}

export interface LookUpResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export const TICK_ID = 0
/** The change that a tick makes, as every subscriber gets it. */
export const TICK_PATTERN: RegExp = /"after":\{"id":0,"tick":(\d+),/g
