export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 4770
/** How long a running process rests between two rounds of proofs. */
export const PROOF_PAUSE_MS = 30_000
export const RETENTION_EVERY_MS = 60_000
