/** A body of a few bytes as text; null where it is longer. */
export async function readWhole(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string | null> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > bytesMax) return null
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}
