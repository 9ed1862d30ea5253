/** An order in which models are best bound: each after those that it seems to read. A circle is cut anywhere. */
export function bindingOrder(readsOf: ReadonlyMap<string, Iterable<string>>): string[] {
  const order: string[] = []
  const entered = new Set<string>()
  for (const start of readsOf.keys()) {
    if (entered.has(start)) continue
    entered.add(start)
    const stack = [{ name: start, reads: iterator(readsOf, start) }]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { value, done } = top.reads.next()
      if (done === true) {
        order.push(top.name)
        stack.pop()
      } else if (readsOf.has(value) && !entered.has(value)) {
        entered.add(value)
        stack.push({ name: value, reads: iterator(readsOf, value) })
      }
    }
  }
  return order
}

function iterator(readsOf: ReadonlyMap<string, Iterable<string>>, name: string): Iterator<string> {
  return (readsOf.get(name) ?? [])[Symbol.iterator]()
}
