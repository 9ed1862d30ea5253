/** What the models' thread and a worker say to each other. Shards are known by numbers. */
import type { ErrorCode, ErrorDetails } from '@millrace/base'
import type { ShardAnswer, ShardInput, ShardPlan } from './shard.ts'

export type WorkerRequest =
  | { readonly kind: 'open'; readonly shard: number; readonly plan: ShardPlan }
  | { readonly kind: 'step'; readonly id: number; readonly shard: number; readonly inputs: readonly ShardInput[] }
  | { readonly kind: 'close'; readonly shard: number }
  | { readonly kind: 'end' }

/** `raised`: what can happen. `broke`: what cannot happen has happened in the worker. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly id: number; readonly kind: 'answer'; readonly answer: ShardAnswer }
  | { readonly id: number; readonly kind: 'raised'; readonly code: ErrorCode; readonly details: ErrorDetails }
  | { readonly id: number; readonly kind: 'broke'; readonly error: Error }
