/** The server no longer has the transaction that its history was to be known by; the place behind it may still do. */
export class ProofGone extends Error {
  override readonly name: string = 'ProofGone'

  constructor(cause: unknown) {
    super('the place before the last transaction is gone from the server', { cause })
  }
}
