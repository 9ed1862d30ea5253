/** Functions of texts. */
import { quoteLiteral } from '@millrace/sql'
import { untranslatableAt } from '../untranslatable-at.ts'
import type { TextFacts } from '../catalog/catalog.ts'
import { asText } from './cast.ts'
import { type FunctionCall, type FunctionPrinter, wholeConstant } from './function-printer.ts'
import { jointFacts, plainFacts } from './text.ts'
import { atom, operand, type Value, value } from './value.ts'

/** A part of a text may end in a blank where the whole does not. */
function partFacts(facts: TextFacts | null): TextFacts | null {
  return facts === null ? null : { ...facts, mayBePadded: facts.hasBlanks, isCanonical: false }
}

function textOf(given: Value | undefined, { scope, at }: FunctionCall): Value | null {
  return given === undefined ? null : asText(given, scope, at)
}

/** What depends on which letters are one, or on how many bytes they have. */
function needAscii(given: Value, what: string, at: number): void {
  if (given.kind === 'text' && given.facts?.isAscii !== true)
    throw untranslatableAt(what, 'the text holds letters beyond ASCII, or it is not known of what letters it is made', at)
}

const cased =
  (name: 'upper' | 'lower'): FunctionPrinter =>
  (call) => {
    const text = textOf(call.values[0], call)
    if (text === null) return null
    needAscii(text, `${name.toUpperCase()}()`, call.at)
    const facts =
      text.facts === null
        ? null
        : { ...text.facts, isLower: name === 'lower', isUpper: name === 'upper', isCanonical: !text.facts.mayBePadded }
    return atom('text', `${name}(${text.sql})`, { facts })
  }

const trimmed =
  (name: 'trim' | 'ltrim' | 'rtrim'): FunctionPrinter =>
  (call) => {
    const side = { both: 'trim', leading: 'ltrim', trailing: 'rtrim' }[call.word ?? ''] ?? name
    const text = textOf(call.values[0], call)
    const letters = call.values[1] === undefined ? ' ' : call.values[1].constant
    if (text === null || letters === null || letters.length !== 1) return null
    const isBare = letters === ' ' && side !== 'ltrim'
    const facts = text.facts === null ? null : { ...text.facts, mayBePadded: isBare ? false : text.facts.hasBlanks, isCanonical: false }
    return atom('text', `${side}(${text.sql}, ${quoteLiteral(letters)})`, { facts })
  }

const substring: FunctionPrinter = (call) => {
  const text = textOf(call.values[0], call)
  const [start, length] = [wholeConstant(call.values[1]), call.values[2] === undefined ? undefined : wholeConstant(call.values[2])]
  if (text === null || start === null || length === null || start < 1 || (length ?? 0) < 0) return null
  return atom('text', `substr(${text.sql}, ${start}${length === undefined ? '' : `, ${length}`})`, { facts: partFacts(text.facts) })
}

const end =
  (name: 'left' | 'right'): FunctionPrinter =>
  (call) => {
    const text = textOf(call.values[0], call)
    const length = wholeConstant(call.values[1])
    if (text === null || length === null || length < 0) return null
    return atom('text', `${name}(${text.sql}, ${length})`, { facts: partFacts(text.facts) })
  }

const padded =
  (name: 'lpad' | 'rpad'): FunctionPrinter =>
  (call) => {
    const [given, size, filling = atom('text', "' '", { constant: ' ', facts: plainFacts(call.scope.session.collation) })] = call.values
    const text = textOf(given, call)
    const length = wholeConstant(size)
    if (text === null || length === null || length < 0 || filling.kind !== 'text' || (filling.constant ?? '') === '') return null
    const facts = jointFacts([text, filling], call.at)
    return atom('text', `${name}(${text.sql}, ${length}, ${filling.sql})`, {
      facts: facts === null ? null : { ...partFacts(facts), ...blanks(facts, filling) },
    })
  }

function blanks(facts: TextFacts, { constant }: Value): TextFacts {
  const hasBlanks = facts.hasBlanks || (constant ?? ' ').includes(' ')
  return { ...facts, hasBlanks, mayBePadded: hasBlanks, isCanonical: false }
}

const position = (where: Value | undefined, what: Value | undefined, call: FunctionCall): Value | null => {
  const text = textOf(where, call)
  if (text === null || what?.kind !== 'text' || what.constant === null || what.constant === '' || text.facts === null) return null
  const { ignoresCase } = text.facts.collation
  if (ignoresCase === null) return null
  needAscii(text, 'LOCATE()', call.at)
  const found = ignoresCase ? `instr(upper(${text.sql}), ${quoteLiteral(what.constant.toUpperCase())})` : `instr(${text.sql}, ${what.sql})`
  return atom('integer', `CAST(${found} AS BIGINT)`, { isWide: true })
}

const bytes: FunctionPrinter = (call) => {
  const text = textOf(call.values[0], call)
  if (text === null) return null
  needAscii(text, 'LENGTH()', call.at)
  return atom('integer', `CAST(strlen(${text.sql}) AS BIGINT)`, { isWide: true })
}

export const TEXT_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  concat: (call) => {
    const texts = call.values.map((each) => asText(each, call.scope, call.at))
    return value('text', texts.map(operand).join(' || '), { facts: jointFacts(texts, call.at) })
  },
  concat_ws: (call) => {
    const texts = call.values.map((each) => asText(each, call.scope, call.at))
    if ((texts[0]?.constant ?? null) === null) return null
    const facts = jointFacts(texts, call.at)
    return atom('text', `concat_ws(${texts.map(({ sql }) => sql).join(', ')})`, {
      facts: facts === null ? null : { ...facts, mayBePadded: facts.hasBlanks },
    })
  },
  upper: cased('upper'),
  ucase: cased('upper'),
  lower: cased('lower'),
  lcase: cased('lower'),
  trim: trimmed('trim'),
  ltrim: trimmed('ltrim'),
  rtrim: trimmed('rtrim'),
  substr: substring,
  substring,
  left: end('left'),
  right: end('right'),
  lpad: padded('lpad'),
  rpad: padded('rpad'),
  replace: (call) => {
    const text = textOf(call.values[0], call)
    const [, from, to] = call.values
    if (text === null || (from?.constant ?? '') === '' || to?.kind !== 'text' || to.constant === null || from?.kind !== 'text') return null
    const facts = jointFacts([text, to], call.at)
    return atom('text', `replace(${text.sql}, ${from.sql}, ${to.sql})`, { facts: partFacts(facts) })
  },
  length: bytes,
  octet_length: bytes,
  char_length: (call) => {
    const text = textOf(call.values[0], call)
    return text === null ? null : atom('integer', `length(${text.sql})`, { isWide: true })
  },
  locate: (call) => (call.values.length === 2 ? position(call.values[1], call.values[0], call) : null),
  instr: (call) => position(call.values[0], call.values[1], call),
}
