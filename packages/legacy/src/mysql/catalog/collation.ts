import type { Collation } from './catalog.ts'

/** Those whose printable ASCII was compared with ours on a server, letter by letter. The others are not translated. */
const BYTES_ONCE_CAPITAL = /^(utf8mb4|utf8mb3|utf8|latin1|ascii|ucs2|utf16|utf32)_general_ci$|^latin1_swedish_ci$/
const UNICODE = /^(utf8mb4|utf8mb3|utf8)_(unicode_ci|unicode_520_ci|uca1400_ai_ci|0900_ai_ci)$|^uca1400_ai_ci$/
const BINARY = /_bin$/

export function collationOf(name: string): Collation {
  // `_nopad_` is MariaDB's; the newer ones of MySQL pad nothing.
  const ignoresBlanksAtEnd = !/_nopad_|_0900_/.test(name)
  const plain = name.replace('_nopad_', '_')
  if (BINARY.test(plain)) return { name, ignoresCase: false, isBinaryOrder: true, ignoresBlanksAtEnd }
  if (BYTES_ONCE_CAPITAL.test(plain)) return { name, ignoresCase: true, isBinaryOrder: true, ignoresBlanksAtEnd }
  return { name, ignoresCase: UNICODE.test(plain) ? true : null, isBinaryOrder: false, ignoresBlanksAtEnd }
}
