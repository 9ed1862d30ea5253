/**
 * What a subscriber is told, each message as one JSON object. A message is encoded once, and framed once
 * for each kind of line, however many subscribers get it. Its `type` is one of `begin`, `rows`, `snapshot`,
 * `changes`, `position`, `alive` and `end`: docs/guides/reading.md tells them, `@millrace/client` reads them.
 */

export class Message {
  readonly #text: string
  /** What an event stream names the message by: a browser tells it when it comes back. */
  readonly position: string | null
  #event: Buffer | null = null
  #frame: Buffer | null = null

  constructor(text: string, position: string | null = null) {
    this.#text = text
    this.position = position
  }

  get length(): number {
    return this.#text.length
  }

  /** As server-sent events have it. JSON has no line breaks. */
  get event(): Buffer {
    return (this.#event ??= Buffer.from(`${this.position === null ? '' : `id: ${this.position}\n`}data: ${this.#text}\n\n`))
  }

  /** As a whole, unmasked text frame of a WebSocket (RFC 6455, 5.2). */
  get frame(): Buffer {
    return (this.#frame ??= textFrame(Buffer.from(this.#text)))
  }
}

function textFrame(payload: Buffer): Buffer {
  const { length } = payload
  const wide = length > 65_535
  const header = Buffer.alloc(length < 126 ? 2 : wide ? 10 : 4)
  header[0] = 0x81
  header[1] = length < 126 ? length : wide ? 127 : 126
  if (wide) header.writeBigUInt64BE(BigInt(length), 2)
  else if (length >= 126) header.writeUInt16BE(length, 2)
  return Buffer.concat([header, payload])
}
