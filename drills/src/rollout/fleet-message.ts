/** What the drill and a process full of agents tell each other. */

export interface FleetOrder {
  readonly url: string
  /** Numbers of the agents: from `first`, so many. */
  readonly first: number
  readonly agents: number
  readonly periodMs: number
}

export type ToFleet = { readonly kind: 'begin' } | { readonly kind: 'newer' } | { readonly kind: 'end' }

export interface FleetState {
  readonly kind: 'state'
  /** Agents of which at least one batch was accepted since the last wave began. */
  readonly heard: number
  /** When the last of them was, in milliseconds of wall time; 0 before. */
  readonly lastHeardMs: number
  /** Agents that know a schema, and those that know another than in the first wave. */
  readonly learnt: number
  readonly learntAnew: number
  readonly retries: number
}

export interface FleetEnd {
  readonly kind: 'end'
  /** Events that each agent has sent; they are numbered from 0. */
  readonly sent: readonly number[]
  readonly accepted: number
  readonly parked: number
  readonly dropped: number
  readonly unsent: number
  /** What agents met and overcame, by message. */
  readonly problems: Readonly<Record<string, number>>
}

export type FromFleet = FleetState | FleetEnd | { readonly kind: 'ready' }
