/** The words of a piece of SQL, for light colouring. Together they are exactly the text. */

export type SqlTokenKind = 'word' | 'name' | 'text' | 'number' | 'comment' | 'other'

export interface SqlToken {
  readonly kind: SqlTokenKind
  readonly text: string
}

const WORDS = new Set(
  `all and as asc between by case cast cross date day desc distinct else end except exists extract false filter first following from full
  group grouping having hour if in inner interval intersect is join last lateral left like limit month natural not null nulls offset on or
  order outer over partition preceding qualify range right rows select sets then timestamp true unbounded union using values when where
  window with within year`
    .split(/\s+/)
    .filter(Boolean),
)

const TOKEN =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'(?:[^']|'')*(?:'|$))|(?<quoted>"(?:[^"]|"")*(?:"|$))|(?<number>\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<other>\s+|[\s\S])/giu

export function sqlTokens(sql: string): SqlToken[] {
  return [...sql.matchAll(TOKEN)].map(({ 0: text, groups }) => ({ kind: kindOf(groups ?? {}, text), text }))
}

function kindOf(groups: Readonly<Record<string, string | undefined>>, text: string): SqlTokenKind {
  if (groups['comment'] !== undefined) return 'comment'
  if (groups['text'] !== undefined) return 'text'
  if (groups['quoted'] !== undefined) return 'name'
  if (groups['number'] !== undefined) return 'number'
  if (groups['word'] !== undefined) return WORDS.has(text.toLowerCase()) ? 'word' : 'name'
  return 'other'
}
