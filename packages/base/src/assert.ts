/** A broken assertion is a defect in Millrace, never bad input: it stops the stage that met it. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AssertionError(what)
}

export function unreachable(value: never, what: string): never {
  throw new AssertionError(`${what}: ${String(value)}`)
}
