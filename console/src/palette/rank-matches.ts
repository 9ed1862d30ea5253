/** What a few typed letters mean: those that hold them in order, the closest first. */
export interface Choice {
  readonly id: string
  readonly title: string
  readonly note: string
}

export function rankMatches<Each extends Choice>(typed: string, choices: readonly Each[]): readonly Each[] {
  const wanted = typed.toLowerCase().replaceAll(/\s/g, '')
  if (wanted === '') return choices
  return choices
    .map((choice) => ({ choice, cost: costOf(wanted, `${choice.title} ${choice.note}`.toLowerCase()) }))
    .filter((match) => match.cost !== null)
    .toSorted((left, right) => (left.cost ?? 0) - (right.cost ?? 0))
    .map((match) => match.choice)
}

/** Letters skipped on the way, less where a word begins; null where a letter is missing. */
function costOf(wanted: string, text: string): number | null {
  const whole = text.indexOf(wanted)
  if (whole >= 0) return whole / 1000 - (startsWord(text, whole) ? 1 : 0)
  let cost = 0
  let at = 0
  for (const letter of wanted) {
    const found = text.indexOf(letter, at)
    if (found < 0) return null
    cost += 1 + (found - at) * (startsWord(text, found) ? 0.2 : 1)
    at = found + 1
  }
  return cost
}

function startsWord(text: string, at: number): boolean {
  return at === 0 || /[^\p{L}\p{N}]/u.test(text.charAt(at - 1))
}
