/**
 * Upper and lower case as DuckDB has them: each code point by itself, to one other code point. JavaScript
 * may make two of one (`ß` becomes `SS`) and knows newer letters; both exceptions are listed here.
 */
const UPPER_EXCEPTIONS = new Map<number, number>([
  [0xdf, 0x1e9e],
  [0x1fb3, 0x1fbc],
  [0x1fc3, 0x1fcc],
  [0x1ff3, 0x1ffc],
])
/** Greek letters with iota below: eight lower-case ones, then their eight upper-case ones, three times. */
for (const start of [0x1f80, 0x1f90, 0x1fa0]) for (let at = 0; at < 8; at += 1) UPPER_EXCEPTIONS.set(start + at, start + at + 8)
const LOWER_EXCEPTIONS = new Map<number, number>([[0x130, 0x69]])
/** Letters of newer Unicode (16, 17) than DuckDB's, which it leaves as they are; whether Node knows them depends on its version. */
const UNKNOWN_LETTERS = new Set([
  0x19b,
  0x264,
  0x1c89,
  0x1c8a,
  ...range(0xa7cb, 0xa7cf),
  ...range(0xa7d2, 0xa7d5),
  ...range(0xa7da, 0xa7dc),
  ...range(0x10d50, 0x10d85),
  ...range(0x16ea0, 0x16ed3),
])

const ASCII = /^[\0-\x7f]*$/

export function upperText(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : mapped(text, UPPER_EXCEPTIONS, (letter) => letter.toUpperCase())
}

export function lowerText(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : mapped(text, LOWER_EXCEPTIONS, (letter) => letter.toLowerCase())
}

function mapped(text: string, exceptions: ReadonlyMap<number, number>, map: (letter: string) => string): string {
  let result = ''
  for (const letter of text) {
    const code = letter.codePointAt(0) as number
    const exception = exceptions.get(code)
    if (exception !== undefined) result += String.fromCodePoint(exception)
    else if (UNKNOWN_LETTERS.has(code)) result += letter
    else result += oneLetter(map(letter), letter)
  }
  return result
}

function oneLetter(mappedLetter: string, letter: string): string {
  return mappedLetter.length === String.fromCodePoint(mappedLetter.codePointAt(0) as number).length ? mappedLetter : letter
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}
