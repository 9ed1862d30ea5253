const EMPTY = new Uint8Array(0)

/** Bytes to be bound to a statement. An empty array that came from another thread would be bound as NULL. */
export function blob(bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 ? EMPTY : bytes
}
