const UNITS: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

/** How many bytes a size names, or null: `256 MB`, `1.5GiB`. */
export function bytesOf(text: string): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([KMG]i?B)$/.exec(text) ?? []
  const factor = unit === undefined ? undefined : UNITS[unit]
  return factor === undefined ? null : Math.round(Number(number) * factor)
}
