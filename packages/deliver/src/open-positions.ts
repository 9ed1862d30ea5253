/**
 * The positions below `next` that are neither done nor listed: a sorted list as text, run by run, each as
 * its distance from the run before and its length. `3+5,10+1` over `first` 100 is 103–107 and 118.
 */
export function encodePositions(positions: Iterable<number>, first: number): string {
  const runs: string[] = []
  let begin = -1
  let end = first
  let last = first
  for (const position of positions) {
    if (begin >= 0 && position === end) {
      end += 1
      continue
    }
    if (begin >= 0) runs.push(`${begin - last}+${end - begin}`)
    last = begin >= 0 ? end : first
    begin = position
    end = position + 1
  }
  if (begin >= 0) runs.push(`${begin - last}+${end - begin}`)
  return runs.join(',')
}

export function decodePositions(text: string, first: number): number[] {
  const positions: number[] = []
  let at = first
  for (const run of text === '' ? [] : text.split(',')) {
    const [gap, length] = run.split('+').map(Number) as [number, number]
    at += gap
    for (let count = 0; count < length; count += 1) positions.push(at + count)
    at += length
  }
  return positions
}
