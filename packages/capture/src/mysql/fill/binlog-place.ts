/** A place in the files of one server, whose names end in a number that grows. */
export interface BinlogPlace {
  readonly file: string
  readonly position: number
}

/** Negative, zero or positive; NaN where the files are not of one sequence, of which no comparison is true. */
export function comparePlaces(left: BinlogPlace, right: BinlogPlace): number {
  const [own, other] = [partsOf(left.file), partsOf(right.file)]
  if (own.base !== other.base) return Number.NaN
  return own.number === other.number ? left.position - right.position : own.number - other.number
}

function partsOf(file: string): { base: string; number: number } {
  const [digits = ''] = /\d*$/.exec(file) ?? []
  return { base: file.slice(0, file.length - digits.length), number: Number(digits) }
}
