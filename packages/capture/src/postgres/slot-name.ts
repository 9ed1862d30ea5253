/** The longest name that Postgres keeps. */
const NAME_LENGTH_MAX = 63

/** Slots are named in lower-case letters, digits and underscores only. */
export function defaultSlotName(project: string, source: string): string {
  return `millrace_${project}_${source}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, '_')
    .slice(0, NAME_LENGTH_MAX)
}

/** The name to suggest where a slot can no longer be used: `shop`, `shop_2`, `shop_3`. */
export function successorOf(slot: string): string {
  const [, stem = slot, number = '1'] = /^(.*?)(?:_(\d{1,6}))?$/.exec(slot) ?? []
  return `${stem.slice(0, NAME_LENGTH_MAX - 7)}_${Number(number) + 1}`
}
