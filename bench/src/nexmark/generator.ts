/**
 * Nexmark's events with a seed: kinds, sizes, hot keys and prices are distributed as in the original, whose
 * generator has none. Of 50 events in a row the first is a person, three are auctions, the rest are bids.
 */
import { pick, type Random, seededRandom } from '@millrace/base'
import type { Kind } from './tables.ts'

export interface GeneratorOptions {
  readonly events: number
  readonly seed: number
  /** How many events a second of event time has: it decides how fast windows roll. */
  readonly rate: number
}

export interface NexmarkEvent {
  readonly kind: Kind
  /** In the order of the stream's columns; times in microseconds. */
  readonly values: readonly (number | string)[]
}

const FIRST_ID = 1000
const BASE_MICROS = Date.UTC(2026, 0, 1) * 1000
const PERSON_SHARE = 1
const AUCTION_SHARE = 3
const CYCLE = 50
const AUCTIONS_IN_FLIGHT = 100
const PEOPLE_ACTIVE = 1000
/** Ids that are named before their rows come. */
const ID_LEAD = 10
const HOT_STRIDE = 100
const CHANNELS = 10_000
const SIZES = { person: 200, auction: 500, bid: 100 } as const
const SIDE_ROWS = 10_000

const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY']
const CITIES = ['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland', 'Bend', 'Redmond', 'Seattle', 'Kent', 'Cheyenne']
const FIRST_NAMES = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter']
const LAST_NAMES = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris']
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple']

/** First the rows of the side input, which stand still; then the events in their order. */
export function* nexmarkEvents({ events, seed, rate }: GeneratorOptions): Generator<NexmarkEvent> {
  for (let key = 0; key < SIDE_ROWS; key += 1) yield { kind: 'side_input', values: [key, `value-${key}`] }
  const random = seededRandom(seed)
  const channelUrls = Array.from({ length: CHANNELS }, (_, at) => {
    return random.below(10) > 0 ? `${baseUrl(random)}&channel_id=${reversedBits(at)}` : baseUrl(random)
  })
  for (let id = 0; id < events; id += 1) {
    const place: Place = { id, micros: BASE_MICROS + Math.round((id * 1e6) / rate), rate }
    const within = id % CYCLE
    if (within < PERSON_SHARE) yield { kind: 'person', values: person(random, place) }
    else if (within < PERSON_SHARE + AUCTION_SHARE) yield { kind: 'auction', values: auction(random, place) }
    else yield { kind: 'bid', values: bid(random, place, channelUrls) }
  }
}

interface Place {
  readonly id: number
  readonly micros: number
  readonly rate: number
}

/** The newest person's number, counted from 0, once the event of this number is told. */
function lastPerson(id: number): number {
  return Math.floor(id / CYCLE)
}

function lastAuction(id: number): number {
  const within = id % CYCLE
  const cycles = Math.floor(id / CYCLE)
  if (within < PERSON_SHARE) return cycles * AUCTION_SHARE - 1
  return cycles * AUCTION_SHARE + Math.min(within - PERSON_SHARE, AUCTION_SHARE - 1)
}

function person(random: Random, { id, micros }: Place): (number | string)[] {
  const name = `${pick(random, FIRST_NAMES)} ${pick(random, LAST_NAMES)}`
  const email = `${letters(random, 7)}@${letters(random, 5)}.com`
  const card = Array.from({ length: 4 }, () => String(random.below(10_000)).padStart(4, '0')).join(' ')
  const [city, state] = [pick(random, CITIES), pick(random, STATES)]
  const size = 8 + name.length + email.length + card.length + city.length + state.length
  return [FIRST_ID + lastPerson(id), name, email, card, city, state, micros, padding(random, size, SIZES.person)]
}

function auction(random: Random, { id, micros, rate }: Place): (number | string)[] {
  const [item, description] = [letters(random, 20), letters(random, 100)]
  const initialBid = price(random)
  const expires = micros + auctionMicros(random, rate)
  const category = 10 + random.below(5)
  const size = 8 + item.length + description.length + 5 * 8
  const padded = padding(random, size, SIZES.auction)
  const seller = FIRST_ID + (random.below(4) > 0 ? hot(lastPerson(id)) : anyPerson(random, id))
  return [FIRST_ID + lastAuction(id), item, description, initialBid, initialBid + price(random), micros, expires, seller, category, padded]
}

function bid(random: Random, { id, micros }: Place, channelUrls: readonly string[]): (number | string)[] {
  const auctionId = FIRST_ID + (random.below(2) > 0 ? hot(lastAuction(id)) : anyAuction(random, id))
  const bidder = FIRST_ID + (random.below(4) > 0 ? hot(lastPerson(id)) + 1 : anyPerson(random, id))
  const offered = price(random)
  const isHot = random.below(2) > 0
  const number = isHot ? random.below(HOT_CHANNELS.length) : random.below(CHANNELS)
  const channel = isHot ? (HOT_CHANNELS[number] as string) : `channel-${number}`
  const url = isHot ? hotUrl(number) : (channelUrls[number] as string)
  return [auctionId, bidder, offered, channel, url, micros, padding(random, 4 * 8, SIZES.bid)]
}

function hot(last: number): number {
  return Math.floor(Math.max(last, 0) / HOT_STRIDE) * HOT_STRIDE
}

function anyAuction(random: Random, id: number): number {
  const last = Math.max(lastAuction(id), 0)
  const first = Math.max(last - AUCTIONS_IN_FLIGHT, 0)
  return first + random.below(last - first + 1 + ID_LEAD)
}

function anyPerson(random: Random, id: number): number {
  const people = lastPerson(id) + 1
  const active = Math.min(people, PEOPLE_ACTIVE)
  return people - active + random.below(active + ID_LEAD)
}

/** So long that about a hundred auctions are open at a time. */
function auctionMicros(random: Random, rate: number): number {
  const eventsForAuctions = (AUCTIONS_IN_FLIGHT * CYCLE) / AUCTION_SHARE
  const horizonMicros = Math.round((eventsForAuctions / rate) * 1e6)
  return 1 + random.below(Math.max(horizonMicros * 2, 1))
}

function price(random: Random): number {
  return Math.round(10 ** (random.next() * 6) * 100)
}

function hotUrl(number: number): string {
  const folder = String.fromCharCode(97 + number)
  return `https://www.nexmark.com/${folder.repeat(5)}/${folder.repeat(4)}/${folder.repeat(3)}/item.htm?query=1`
}

function baseUrl(random: Random): string {
  return `https://www.nexmark.com/${letters(random, 5)}/${letters(random, 5)}/${letters(random, 5)}/item.htm?query=1`
}

function reversedBits(number: number): number {
  let reversed = 0
  for (let bit = 0; bit < 31; bit += 1) if ((number >>> bit) % 2 === 1) reversed += 2 ** (30 - bit)
  return reversed
}

/** As many letters as bring a row to about its size. */
function padding(random: Random, size: number, wanted: number): string {
  const missing = wanted - size
  if (missing <= 0) return ''
  const spread = Math.round(missing * 0.2)
  return letters(random, missing - spread + random.below(spread * 2 + 1))
}

function letters(random: Random, count: number): string {
  let text = ''
  // Six letters a draw: each draw has enough bits, and most of the generator's time is spent here.
  for (let left = count; left > 0; left -= 6) {
    let drawn = random.below(26 ** 6)
    for (let at = Math.min(left, 6); at > 0; at -= 1) {
      text += String.fromCharCode(97 + (drawn % 26))
      drawn = Math.floor(drawn / 26)
    }
  }
  return text
}
