/**
 * With what Node runs Millrace. The young generation is kept small: most of what is allocated are columns,
 * which lie outside of V8's heap, and at the default of 16 MB a semi-space the heap of a busy process was
 * three times what it used (182 MB for 62 MB; 52 MB for 40 MB with this), at no cost in throughput.
 *
 * The old generation may grow to 64 MB before it is collected. V8 grants a heap of 13 MB, which a busy process
 * has, 12 MB more, and counts columns among them: the live engine marked its whole heap for every 15 MB of
 * columns. Nexmark's q0, half a million events: 8 collections for 20, a quarter less time of the process, 20 MB more
 * memory. V8 still collects for every 64 MB of columns, so that what they take is bounded as before.
 */
export const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4', '--initial-old-space-size=64']
