/**
 * Nexmark on @tanstack/db-ivm, in its own operators, for the queries that they express: written as its
 * README shows, rows as plain objects. What a query yields is told in the order of our columns.
 */
import { distinct, filter, groupBy, groupByOperators, type IStreamBuilder, join, map } from '@tanstack/db-ivm'
import type { Kind } from '../tables.ts'

const { avg, count, max, min, sum } = groupByOperators

export type Row = Readonly<Record<string, number | string>>
export type Output = readonly (number | string)[]
export type Inputs = Readonly<Record<Kind, IStreamBuilder<Row>>>
export type Pipeline = (inputs: Inputs) => IStreamBuilder<Output>

const number = (row: Row, column: string): number => row[column] as number
const cells =
  (...columns: readonly string[]) =>
  (row: Row): Output =>
    columns.map((column) => row[column] as number | string)

const WINDOW_MICROS = 10_000_000
const windowOf = (row: Row): number => Math.floor(number(row, 'date_time') / WINDOW_MICROS) * WINDOW_MICROS
/** 0.908 times a price, as our decimals are: without the point. */
const euros = (row: Row): number => number(row, 'price') * 908
const by =
  (column: string) =>
  (row: Row): [number, Row] => [number(row, column), row]

export const PIPELINES: Readonly<Record<string, Pipeline>> = {
  q0: ({ bid }) => bid.pipe(map(cells('auction', 'bidder', 'price', 'date_time', 'extra'))),
  q1: ({ bid }) =>
    bid.pipe(
      map((row): Output => [number(row, 'auction'), number(row, 'bidder'), euros(row), number(row, 'date_time'), String(row['extra'])]),
    ),
  q2: ({ bid }) =>
    bid.pipe(
      filter((row) => number(row, 'auction') % 123 === 0),
      map(cells('auction', 'price')),
    ),
  q3: ({ auction, person }) => {
    const sellers = person.pipe(
      filter((row) => ['OR', 'ID', 'CA'].includes(String(row['state']))),
      map(by('id')),
    )
    return auction.pipe(
      filter((row) => row['category'] === 10),
      map(by('seller')),
      join(sellers),
      map(([, [item, seller]]): Output => [...cells('name', 'city', 'state')(seller as Row), number(item as Row, 'id')]),
    )
  },
  q4: ({ auction, bid }) =>
    auction.pipe(
      map(by('id')),
      join(bid.pipe(map(by('auction')))),
      map(([, [item, offer]]) => ({ item: item as Row, offer: offer as Row })),
      filter(({ item, offer }) => isOpen(item, offer)),
      groupBy(({ item }) => ({ id: number(item, 'id'), category: number(item, 'category') }), {
        final: max(({ offer }: { offer: Row }) => number(offer, 'price')),
      }),
      groupBy(([, { category }]) => ({ category }), {
        average: avg(([, { final }]: [string, { final: number | undefined }]) => final as number),
      }),
      map(([, { category, average }]): Output => [category, average]),
    ),
  q7: ({ bid }) => {
    const highest = bid.pipe(
      groupBy((row) => ({ window: windowOf(row) }), { price: max((row: Row) => number(row, 'price')) }),
      map(([, { window, price }]): [string, number] => [`${window}/${price}`, price as number]),
    )
    return bid.pipe(
      map((row): [string, Row] => [`${windowOf(row)}/${row['price']}`, row]),
      join(highest),
      map(([, [row]]) => cells('auction', 'price', 'bidder', 'date_time', 'extra')(row as Row)),
    )
  },
  q8: ({ person, auction }) => {
    const key = (row: Row, id: string): [string, Row] => [`${row[id]}/${windowOf(row)}`, row]
    return person.pipe(
      map((row) => key(row, 'id')),
      join(auction.pipe(map((row) => key(row, 'seller')))),
      map(([at, [row]]): [string, Output] => [at, [...cells('id', 'name')(row as Row), windowOf(row as Row)]]),
      distinct(),
      map(([, row]) => row),
    )
  },
  q12: ({ bid }) =>
    bid.pipe(
      groupBy((row) => ({ bidder: number(row, 'bidder'), window: windowOf(row) }), { bids: count() }),
      map(([, { bidder, bids, window }]): Output => [bidder, bids, window]),
    ),
  q13: ({ bid, side_input: side }) =>
    bid.pipe(
      map((row): [number, Row] => [number(row, 'auction') % 10_000, row]),
      join(side.pipe(map(by('key')))),
      map(([, [row, named]]): Output => [...cells('auction', 'bidder', 'price', 'date_time')(row as Row), String((named as Row)['value'])]),
    ),
  q17: ({ bid }) => {
    const price = (row: Row): number => number(row, 'price')
    const within = (from: number, below: number) => sum((row: Row) => (price(row) >= from && price(row) < below ? 1 : 0))
    return bid.pipe(
      groupBy((row) => ({ auction: number(row, 'auction'), day: new Date(number(row, 'date_time') / 1000).toISOString().slice(0, 10) }), {
        all: count(),
        first: within(0, 10_000),
        second: within(10_000, 1_000_000),
        third: within(1_000_000, Infinity),
        least: min(price),
        most: max(price),
        average: avg(price),
        total: sum(price),
      }),
      map(([, row]): Output => [
        row.auction,
        row.day,
        row.all,
        row.first,
        row.second,
        row.third,
        row.least as number,
        row.most as number,
        row.average,
        row.total,
      ]),
    )
  },
  q20: ({ bid, auction }) =>
    bid.pipe(
      map(by('auction')),
      join(
        auction.pipe(
          filter((row) => row['category'] === 10),
          map(by('id')),
        ),
      ),
      map(([, [offer, item]]): Output => [
        ...cells('auction', 'bidder', 'price', 'channel', 'url', 'date_time', 'extra')(offer as Row),
        ...cells('item_name', 'description', 'initial_bid', 'reserve', 'date_time', 'expires', 'seller', 'category', 'extra')(item as Row),
      ]),
    ),
  q22: ({ bid }) =>
    bid.pipe(
      map((row): Output => {
        const folders = String(row['url']).split('/')
        return [...cells('auction', 'bidder', 'price', 'channel')(row), folders[3] ?? '', folders[4] ?? '', folders[5] ?? '']
      }),
    ),
}

function isOpen(item: Row, offer: Row): boolean {
  const time = number(offer, 'date_time')
  return time >= number(item, 'date_time') && time <= number(item, 'expires')
}
