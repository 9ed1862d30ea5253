/**
 * Where certain bytes stand: 64 bytes are compared a step, and the places of those that are equal are read off
 * the bits of one word. A loop that asks byte by byte guesses wrong at the end of every cell.
 */
import {
  add,
  addLong,
  andLong,
  bits,
  bits16,
  type Code,
  equal16,
  firstBit,
  int,
  intOf,
  isLongZero,
  isZero,
  type Kernel,
  less,
  load16,
  long,
  longOf,
  or16,
  orLong,
  repeat,
  shiftLeft,
  shiftLeftLong,
  shiftRight,
  splat,
  storeInt,
  subtract,
  TYPE,
  type Variable,
  variables,
} from './assemble.ts'

/** Bytes before `from` and behind `to` up to so many are looked at too; what is found there is for the caller to drop. */
export const STEP_BYTES = 64
/** That many bytes can be looked for; who wants fewer names one twice. */
export const NEEDLES = 5

/** Steps mostly find no more, and so many places are written without a question; those too many are written over. */
const USUAL = 8
const PLACE_BYTES = 4

const parameters = Array.from({ length: 4 + NEEDLES }, () => TYPE.I32)
const others = [TYPE.I32, TYPE.I32, TYPE.V128, TYPE.I64, ...Array.from({ length: NEEDLES }, () => TYPE.V128)]
const [at, to, shift, into, ...bytes] = variables<4>(parameters.length)
const [out, next, block, found, ...needles] = variables<4>(others.length, parameters.length)

const found16 = (part: number): Code => [
  ...block.set(load16(at.get, part * 16)),
  ...found.set(
    orLong(found.get, shiftLeftLong(longOf(bits16(needles.map(({ get }) => equal16(block.get, get)).reduce(or16))), long(part * 16))),
  ),
]

const put = (offset: number): Code => [
  ...storeInt(out.get, add(add(at.get, shift.get), intOf(firstBit(found.get))), offset),
  ...found.set(andLong(found.get, addLong(found.get, long(-1)))),
]

/** `find(at, to, shift, into, ...bytes)`: places in `[at, to)`, moved by `shift`, are written at `into`; returns how many. */
export const FIND: Kernel = {
  name: 'find',
  parameters,
  variables: others,
  body: [
    ...needles.flatMap((needle, place) => needle.set(splat((bytes[place] as Variable).get))),
    ...out.set(into.get),
    ...repeat(less(at.get, to.get), [
      ...found.set(long(0)),
      ...[0, 1, 2, 3].flatMap(found16),
      ...next.set(add(out.get, shiftLeft(intOf(bits(found.get)), int(2)))),
      ...Array.from({ length: USUAL }, (_, place) => put(place * PLACE_BYTES)).flat(),
      ...out.set(add(out.get, int(USUAL * PLACE_BYTES))),
      ...repeat(isZero(isLongZero(found.get)), [...put(0), ...out.set(add(out.get, int(PLACE_BYTES)))]),
      ...out.set(next.get),
      ...at.set(add(at.get, int(STEP_BYTES))),
    ]),
    ...shiftRight(subtract(out.get, into.get), int(2)),
  ],
}
