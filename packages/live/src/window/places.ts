/** The places from one to before another. */
export interface Places {
  readonly from: number
  readonly to: number
}

/** With more gaps than this share of the rows, looking at each by itself costs more than looking at all between them. */
const GAPS_SHARE = 1 / 16

/** Places in their order, those that touch or overlap as one. */
export function joinedPlaces(list: readonly Places[]): readonly Places[] {
  const joined: Places[] = []
  for (const places of list.toSorted((left, right) => left.from - right.from || left.to - right.to)) {
    const last = joined.at(-1)
    if (last === undefined || places.from > last.to) joined.push(places)
    else if (places.to > last.to) joined[joined.length - 1] = { from: last.from, to: places.to }
  }
  return joined
}

/** The gaps of a partition that are to be looked at one by one: all as one if there are many. */
export function joinedGaps(gaps: readonly Places[], count: number): readonly Places[] {
  const joined = joinedPlaces(gaps)
  const [first, last] = [joined[0], joined.at(-1)]
  if (first === undefined || last === undefined || joined.length <= 1 + count * GAPS_SHARE) return joined
  return [{ from: first.from, to: last.to }]
}
