/**
 * A summary says what happened; a hint names the command or the setting that mends it.
 *
 * `retry`: `backoff`, it may pass by itself; `after-fix`, someone must act first; `never`, the request
 * itself is wrong. `exit` is the exit code of a command that ends with it: 1 failed, 3 proof mismatch,
 * 4 configuration, 5 source unreachable, 64 usage.
 */
export interface ErrorEntry {
  readonly summary: string
  readonly hint: string
  readonly retry: 'backoff' | 'after-fix' | 'never'
  readonly exit: 1 | 3 | 4 | 5 | 64
}
