export { type Client, createClient } from './client.ts'
export { ReadError } from './read-error.ts'
export type { Subscription } from './subscription.ts'
export type { Cell, Change, ClientOptions, Key, KeyValue, Match, Row, Rows, SubscribeOptions } from './types.ts'
