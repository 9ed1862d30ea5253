/**
 * Patterns of which RE2, DuckDB's engine, and JavaScript's mean the same: literals, classes, groups that are
 * not repeated, alternatives, ends of the text, and a few repetitions of single characters. Both take the
 * first match and within it the first alternative. Longer texts and more repetitions are left to RE2, which
 * takes a time linear in the text; JavaScript's does not.
 */
import type { Value } from '@millrace/core'
import type { ShortcutCall } from '../expression/foreign.ts'
import type { Shortcut } from './shortcut.ts'

const TEXT_LIMIT = 256
const REPETITIONS_LIMIT = 2

export function regexpShortcut({ name, arguments: [input, pattern, third, fourth] }: ShortcutCall): Shortcut | null {
  if (input !== 0 || typeof pattern !== 'object' || typeof pattern.value !== 'string' || fourth !== undefined) return null
  const source = translated(pattern.value)
  if (source === null) return null
  if (name !== 'regexp_extract') {
    if (third !== undefined) return null
    const expression = new RegExp(name === 'regexp_full_match' ? `^(?:${source})$` : source, 'u')
    return (text) => (isShort(text) ? expression.test(text) : undefined)
  }
  const group = third === undefined ? 0 : typeof third === 'object' ? third.value : null
  const groups = source.match(/\((?!\?)/g)?.length ?? 0
  if (typeof group !== 'number' || group < 0 || group > groups) return null
  const expression = new RegExp(source, 'u')
  return (text) => (isShort(text) ? (expression.exec(text)?.[group] ?? '') : undefined)
}

function isShort(text: Value): text is string {
  return typeof text === 'string' && text.length <= TEXT_LIMIT
}

const CLASS_ITEM = String.raw`(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 _=/.,:;!?@#%&'"<>~])`
const TOKEN = new RegExp(
  [
    String.raw`(?<class>\[\^?${CLASS_ITEM}+\]|\\[dw]|\.|[A-Za-z0-9 _=/,:;!@#%&'"<>~-]|\\[.\\/?*+()[\]{}^$|])(?<repeat>[*+?]\??)?`,
    String.raw`(?<group>\((?:\?:)?|\)(?![*+?{])|\||\^|\$)`,
  ].join('|'),
  'y',
)

const CLASSES: Readonly<Record<string, string>> = { '\\d': '[0-9]', '\\w': '[0-9A-Za-z_]', '.': '[^\\n]' }

/** The pattern for JavaScript; null where it might mean something else there, or is none. */
function translated(pattern: string): string | null {
  TOKEN.lastIndex = 0
  let source = ''
  let repetitions = 0
  while (TOKEN.lastIndex < pattern.length) {
    const groups = TOKEN.exec(pattern)?.groups
    if (groups === undefined) return null
    if (groups['repeat'] !== undefined) repetitions += 1
    const part = groups['class'] ?? ''
    source += groups['group'] ?? `${CLASSES[part] ?? part}${groups['repeat'] ?? ''}`
  }
  if (repetitions > REPETITIONS_LIMIT) return null
  try {
    return new RegExp(source, 'u').source
  } catch {
    return null
  }
}
